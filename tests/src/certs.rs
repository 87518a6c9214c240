//! Certificates of a mesh: one CA, one leaf per service account with a SPIFFE URI SAN, and a foreign CA for failures.
//! Writes PEM files; knows nothing of Envoy.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};

/// A certificate authority that signs leaves into a folder.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: PathBuf,
    folder: PathBuf,
}

/// Files of one leaf certificate.
#[derive(Clone, Debug)]
pub struct Leaf {
    pub spiffe: String,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    /// Makes the CA `name` (`mesh`, `foreign`) in `folder`.
    pub fn create(name: &str, folder: &Path) -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(rcgen::DnType::OrganizationName, format!("{name} root"));
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        let root = folder.join(format!("{name}-root.pem"));
        write(&root, &certificate.pem())?;
        Ok(Self { issuer: Issuer::new(params, key), root, folder: folder.to_owned() })
    }

    /// The root certificate, to be trusted by peers.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A leaf that asserts exactly `spiffe`.
    pub fn leaf(&self, file: &str, spiffe: &str) -> Result<Leaf> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.subject_alt_names = vec![SanType::URI(Ia5String::try_from(spiffe)?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate()?;
        let signed = params.signed_by(&key, &self.issuer)?;
        let leaf = Leaf {
            spiffe: spiffe.to_owned(),
            certificate: self.folder.join(format!("{file}.pem")),
            key: self.folder.join(format!("{file}.key")),
        };
        write(&leaf.certificate, &signed.pem())?;
        write(&leaf.key, &key.serialize_pem())?;
        Ok(leaf)
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("root", &self.root).finish_non_exhaustive()
    }
}

/// The identity of a service account as Istio writes it.
pub fn spiffe(trust_domain: &str, namespace: &str, service_account: &str) -> String {
    format!("spiffe://{trust_domain}/ns/{namespace}/sa/{service_account}")
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
