//! Why a kubeconfig, or a pod's service account, makes no client: in words for who gave it, and not for who uses the library.

use kube::config::{InClusterError, KubeconfigError, LoadDataError};

use crate::shown::word;

/// Of a kubeconfig.
pub(super) fn of_file(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::ReadConfig(error, _) => {
            format!("{error}; --kubernetes takes a kubeconfig, or in-cluster within a pod")
        }
        KubeconfigError::Parse(error) => format!("it is no kubeconfig: {}", error.without_snippet()),
        KubeconfigError::CurrentContextNotSet => {
            "it has no current context; kubectl config use-context sets one".to_owned()
        }
        KubeconfigError::LoadContext(name) => format!("its current context {} is not in it", word(name)),
        KubeconfigError::LoadClusterOfContext(name) => {
            format!("the cluster {} of its context is not in it", word(name))
        }
        KubeconfigError::MissingClusterUrl => "its cluster has no server".to_owned(),
        KubeconfigError::ParseClusterUrl(error) => format!("its cluster's server is no URL: {error}"),
        KubeconfigError::LoadCertificateAuthority(error) => loaded("certificate-authority", error),
        KubeconfigError::LoadClientCertificate(error) => loaded("client-certificate", error),
        KubeconfigError::LoadClientKey(error) => loaded("client-key", error),
        other => other.to_string(),
    }
}

/// A file that it names, or the data in place of one.
fn loaded(key: &str, error: &LoadDataError) -> String {
    match error {
        LoadDataError::DecodeBase64(error) => format!("its {key}-data is not Base64: {error}"),
        LoadDataError::ReadFile(error, file) => format!("its {key} {}: {error}", file.display()),
        LoadDataError::NoBase64DataOrFile => format!("it has neither {key} nor {key}-data"),
    }
}

/// Of a pod's service account.
pub(super) fn in_cluster(error: &InClusterError) -> String {
    match error {
        InClusterError::ReadEnvironmentVariable(_) => {
            "this is no pod, for KUBERNETES_SERVICE_HOST or _PORT is not set; give a kubeconfig instead".to_owned()
        }
        InClusterError::ReadDefaultNamespace(error) | InClusterError::ReadCertificateBundle(error) => {
            format!("the pod has no service account mounted (automountServiceAccountToken): {error}")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn words_of_the_library_are_not_passed_on() {
        let absent = || Error::from(ErrorKind::NotFound);
        let read = of_file(&KubeconfigError::ReadConfig(absent(), PathBuf::from("nope")));
        assert_eq!(read, "entity not found; --kubernetes takes a kubeconfig, or in-cluster within a pod");
        let unread = KubeconfigError::LoadClientKey(LoadDataError::ReadFile(absent(), PathBuf::from("a/key.pem")));
        assert_eq!(of_file(&unread), "its client-key a/key.pem: entity not found");
        assert_eq!(
            of_file(&KubeconfigError::LoadContext("a b".to_owned())),
            "its current context \"a b\" is not in it"
        );
        let outside = in_cluster(&InClusterError::ReadEnvironmentVariable(std::env::VarError::NotPresent));
        assert!(outside.starts_with("this is no pod") && outside.ends_with("give a kubeconfig instead"), "{outside}");
    }
}
