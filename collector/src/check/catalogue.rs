//! Every line that `hogusu check` can write: its name, what it claims, and what to do where the claim does not hold. The names are
//! anchors of docs/troubleshooting.md. Judges nothing.

/// Declares the checks: variant, group, name, claim, remedy.
macro_rules! checks {
    ($($variant:ident = $group:ident $id:literal $claim:literal $remedy:literal,)+) => {
        /// One line of the report.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Check { $(#[doc = $claim] $variant,)+ }

        impl Check {
            /// Every check, in the order of the report.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            const fn about(self) -> (Group, &'static str, &'static str, &'static str) {
                match self { $(Self::$variant => (Group::$group, $id, $claim, $remedy),)+ }
            }
        }
    };
}

checks! {
    ApiServer = Kubernetes "k8s-api" "the API server answers"
        "give --kubernetes a kubeconfig whose server answers from here, or run it in a pod with --kubernetes in-cluster",
    ServerVersion = Kubernetes "k8s-version" "its version is one Hogusu is made for"
        "see the versions in docs/troubleshooting.md; upgrade Kubernetes",
    OwnRights = Kubernetes "k8s-rights" "whoever runs this may read what it looks at"
        "run it as someone who may list these, or live with the lines that are skipped",
    CollectorRights = Kubernetes "collector-rights" "the collector's service account may read what it watches"
        "install the chart's ClusterRole and ClusterRoleBinding again",

    IstioVersion = Istio "istio-version" "istiod's version is one Hogusu is made for"
        "see the versions in docs/troubleshooting.md; upgrade Istio",
    ProxyVersion = Istio "proxy-version" "the proxies' versions are ones Hogusu is made for"
        "restart the workloads, so that their sidecars are injected again with istiod's version",
    Definitions = Istio "istio-crds" "Istio's custom resource definitions are there"
        "install the `base` chart of Istio's own version",

    PluginFound = Plugin "plugin-found" "there is a plugin object of ours"
        "name workloads, namespaces or the mesh in the chart's values (scope), and apply it",
    PluginAccepted = Plugin "plugin-accepted" "istiod reports nothing against the plugin objects"
        "read the object's status and istiod's log; `istioctl analyze -A` says the same in more words",
    PluginConfiguration = Plugin "plugin-config" "the plugins' configurations are well-formed"
        "run hogusu lint on the values; docs/configuration.md has every key",
    PluginStrategy = Plugin "plugin-fail-open" "every plugin object fails open"
        "set failStrategy: FAIL_OPEN; with anything else a module that cannot be had or that traps answers requests with errors",
    PluginDigest = Plugin "plugin-digest" "every plugin object pins its module by sha256"
        "set sha256: the digest of the file for http(s)://, of the image's manifest for oci://",
    PluginPlacement = Plugin "plugin-placement" "the plugins are called for every exchange, at the right place"
        "set phase: STATS, type: HTTP (or none) and match mode CLIENT_AND_SERVER, and configure the hook http_filter",
    PluginOnce = Plugin "plugin-once" "no pod gets the plugin twice"
        "delete one of the two, or narrow its selector: the root namespace adds to others, and a gateway in scope needs no entry in waypoints",
    PluginSelection = Plugin "plugin-selection" "every plugin object applies to something"
        "compare selector and the pods' labels; waypoints need targetRefs, not a selector",
    FilterPriority = Plugin "envoyfilter-priority" "every EnvoyFilter of ours has a priority"
        "set spec.priority; without it the order among EnvoyFilters is that of their creation",

    Completeness = Proxies "proxies-expected" "the collector knows which proxies should report"
        "start the collector with --kubernetes in-cluster, and see whether its log says why it cannot watch",
    Reporting = Proxies "proxies-reporting" "every expected proxy reports"
        "see the way to the collector below, then the proxy's own log: kubectl logs POD -c istio-proxy",
    WithPlugin = Proxies "proxies-plugin" "no proxy runs without its plugin"
        "correct url or sha256 as the cause says; a restart of the pod fetches the module at once",
    Revision = Proxies "proxies-revision" "every proxy runs the plugin its object asks for"
        "a proxy that cannot take the new plugin keeps its own and logs why (kubectl logs POD -c istio-proxy); a new module needs a new revision",
    Observable = Proxies "proxies-ambient" "every pod in scope has a proxy that can run the plugin"
        "ambient pods are seen where a waypoint stands in front of them; name it in the chart's waypoints",
    Accepted = Proxies "proxies-configuration" "no proxy refused its configuration"
        "the proxy's log says which key; docs/configuration.md has every key",
    Hooks = Proxies "proxies-hooks" "no hooks of two kinds count the same exchanges"
        "take away the EnvoyFilter or the plugin object that counts the same listener",
    Clocks = Proxies "proxies-clock" "the proxies' clocks agree with the collector's"
        "look at the time synchronisation of the proxies' nodes and of the collector's",
    Wire = Proxies "proxies-wire" "no filter is newer than the collector"
        "upgrade the collector first, then the filter",

    CollectorService = Way "collector-service" "the collector's Service is there, as an HTTP port of Istio"
        "apply the chart; the port's name must begin with http",
    Egress = Way "sidecar-egress" "no Sidecar object hides the collector from a proxy"
        "add NAMESPACE/SERVICE of the collector to the egress hosts of the Sidecar object",
    MutualTls = Way "collector-mtls" "the collector's peers prove who they are"
        "leave the collector's port at mutual TLS: delete the PeerAuthentication or DestinationRule that switches it off",

    Answers = Collector "collector-answers" "the collector answers"
        "name it with --url, for instance by kubectl port-forward -n hogusu-system statefulset/hogusu-collector 4318",
    Ready = Collector "collector-ready" "it takes batches"
        "read the collector's log",
    Arriving = Collector "collector-batches" "batches come in, from every proxy that was declared to send"
        "see whether the filter is installed in the proxies and sends here (collector.envoy_cluster), then a proxy's own log; docs/configuration.md has the keys",
    Disk = Collector "collector-disk" "there is room for further data"
        "give it a larger volume and --max-disk, or a shorter --keep; without room the finest resolution goes first",
    Journal = Collector "collector-journal" "nothing it acknowledged is damaged, and every commit succeeded"
        "read the collector's log: it names file and place; see whether the volume is full",
    Refused = Collector "collector-refused" "it refused no batch, and forgot nothing before its time"
        "the collector's log says which proxy and why; where it forgot addresses, a shorter --retention needs fewer of them",
    Identity = Collector "collector-identity" "no batch claims to be somebody else's"
        "the collector's log names the sender's identity and the claim",
    Lost = Collector "collector-lost" "no batch is missing, no sender went silent without an end, and no edge was beyond a bound"
        "look at the collector's restarts and the proxies' logs at that time; docs/failure.md says what each leaves behind; for edges raise max_edges",
}

/// Which part of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The API server.
    Kubernetes,
    /// Istio's own installation.
    Istio,
    /// Our objects.
    Plugin,
    /// Those that should report.
    Proxies,
    /// From them to the collector.
    Way,
    /// The collector itself.
    Collector,
}

impl Group {
    /// Every group, in the order of the report.
    pub const ALL: [Self; 6] = [Self::Kubernetes, Self::Istio, Self::Plugin, Self::Proxies, Self::Way, Self::Collector];

    /// Its name.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Istio => "istio",
            Self::Plugin => "plugin",
            Self::Proxies => "proxies",
            Self::Way => "way",
            Self::Collector => "collector",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Kubernetes => "Kubernetes",
            Self::Istio => "Istio",
            Self::Plugin => "Plugin objects",
            Self::Proxies => "Proxies",
            Self::Way => "Way to the collector",
            Self::Collector => "Collector",
        }
    }
}

impl Check {
    /// Its part of the report.
    #[must_use]
    pub const fn group(self) -> Group {
        self.about().0
    }

    /// Its name, and its anchor in the documentation.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.about().1
    }

    /// What holds when it passes.
    #[must_use]
    pub const fn claim(self) -> &'static str {
        self.about().2
    }

    /// What to do when it does not.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        self.about().3
    }

    /// Where it is explained.
    #[must_use]
    pub fn link(self) -> String {
        format!("docs/troubleshooting.md#{}", self.id())
    }
}
