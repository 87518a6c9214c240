//! `hogusu serve`: from the command line to the collector's options.

use super::arguments::{LogFormat, Serve};
use crate::kubernetes::connect::Access;
use crate::serve::{self, Kubernetes, ServeOptions, Tls};

pub(super) fn options(given: Serve) -> ServeOptions {
    ServeOptions {
        listen: given.listen,
        data: given.data,
        expect: given.expect,
        kubernetes: given.kubernetes.map(|access| Kubernetes {
            access: if access.as_os_str() == "in-cluster" { Access::InCluster } else { Access::File(access) },
            k8s_cluster: given.k8s_cluster.unwrap_or_default(),
            root_namespace: given.root_namespace,
        }),
        keep: given.keep,
        retention: given.retention,
        max_disk: given.max_disk,
        max_memory: given.max_memory,
        tls: given.tls_cert.zip(given.tls_key).map(|(certificate, key)| Tls {
            certificate,
            key,
            client_ca: given.tls_client_ca,
        }),
        trust_forwarded_client_cert: given.trust_forwarded_client_cert,
        public_hosts: given.public_host,
        log_format: match given.log_format {
            LogFormat::Text => serve::LogFormat::Text,
            LogFormat::Json => serve::LogFormat::Json,
        },
    }
}
