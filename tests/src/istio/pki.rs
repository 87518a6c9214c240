//! Credentials of the lab's API server: a CA, a serving certificate, the keys of service-account tokens, one administrator's
//! kubeconfig. Istiod makes the mesh's own CA.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use serde_json::json;

/// Inside the lab's own network, so nobody else can present it.
pub const TOKEN: &str = "administrator-of-this-lab";

#[derive(Clone, Debug)]
pub struct Credentials {
    pub root: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub token_key: PathBuf,
    pub token_public_key: PathBuf,
    pub static_tokens: PathBuf,
    pub kubeconfig: PathBuf,
}

impl Credentials {
    pub fn create(folder: &Path, server: &str) -> Result<Self> {
        let at = |name: &str| folder.join(name);
        let made = Self {
            root: at("root.pem"),
            certificate: at("apiserver.pem"),
            key: at("apiserver.key"),
            token_key: at("tokens.key"),
            token_public_key: at("tokens.pem"),
            static_tokens: at("tokens.csv"),
            kubeconfig: at("kubeconfig.json"),
        };
        let (issuer, root) = authority()?;
        write(&made.root, &root)?;
        made.write_server(&issuer)?;
        let tokens = KeyPair::generate()?;
        write(&made.token_key, &tokens.serialize_pem())?;
        write(&made.token_public_key, &tokens.public_key_pem())?;
        write(&made.static_tokens, &format!("{TOKEN},administrator,administrator,system:masters\n"))?;
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "lab",
            "clusters": [{"name": "lab", "cluster": {"server": server, "certificate-authority": made.root}}],
            "users": [{"name": "administrator", "user": {"token": TOKEN}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "administrator"}}],
        });
        write(&made.kubeconfig, &kubeconfig.to_string())?;
        Ok(made)
    }

    fn write_server(&self, issuer: &Issuer<'_, KeyPair>) -> Result<()> {
        let mut params = CertificateParams::new(vec!["kubernetes.default.svc".to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        for address in [Ipv4Addr::LOCALHOST, super::CONTROL_PLANE] {
            params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(address)));
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        write(&self.certificate, &params.signed_by(&key, issuer)?.pem())?;
        write(&self.key, &key.serialize_pem())
    }
}

fn authority() -> Result<(Issuer<'static, KeyPair>, String)> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "the lab's API server");
    let key = KeyPair::generate()?;
    let root = params.self_signed(&key)?.pem();
    Ok((Issuer::new(params, key), root))
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
