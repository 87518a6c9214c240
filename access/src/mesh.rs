//! What holds for the whole mesh: the part of Istio's MeshConfig that decides about access.

/// Defaults are Istio's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mesh {
    /// `trustDomain`.
    pub trust_domain: String,
    /// `trustDomainAliases`.
    pub aliases: Vec<String>,
    /// `rootNamespace`: policies there are of every namespace.
    pub root_namespace: String,
    /// `enableAutoMtls`.
    pub is_auto_mtls: bool,
    /// `defaultDestinationRuleExportTo`; empty: everybody.
    pub export_to: Vec<String>,
}

impl Default for Mesh {
    fn default() -> Self {
        Self {
            trust_domain: "cluster.local".to_owned(),
            aliases: Vec::new(),
            root_namespace: "istio-system".to_owned(),
            is_auto_mtls: true,
            export_to: Vec::new(),
        }
    }
}

impl Mesh {
    /// The trust domain and its aliases.
    pub fn trust_domains(&self) -> impl Iterator<Item = &str> + Clone {
        std::iter::once(self.trust_domain.as_str()).chain(self.aliases.iter().map(String::as_str))
    }
}
