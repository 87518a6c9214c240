//! `hogusu serve`: from the command line to the collector's options.

use super::arguments::{LogFormat, Serve};
use crate::kubernetes::connect::Access;
use crate::serve::{self, Kubernetes, ServeOptions, Tls};

pub(super) fn options(given: Serve) -> ServeOptions {
    let has_both_doors = !given.listen_ingest.is_empty() && !given.listen_api.is_empty();
    let is_told = has_both_doors || !given.listen.is_empty();
    ServeOptions {
        listen: if is_told { given.listen } else { ServeOptions::default().listen },
        listen_ingest: given.listen_ingest,
        listen_api: given.listen_api,
        data: given.data,
        expect: given.expect,
        declare: given.declare,
        policies: given.policies,
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
        trace_url: given.trace_url,
        log_format: match given.log_format {
            LogFormat::Text => serve::LogFormat::Text,
            LogFormat::Json => serve::LogFormat::Json,
        },
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::arguments::{Arguments, Command};

    fn listen(arguments: &[&str]) -> Vec<String> {
        let told = ["hogusu", "serve"].iter().chain(arguments);
        let Command::Serve(given) = Arguments::try_parse_from(told).unwrap().command else { panic!("not serve") };
        super::options(given).listen.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn without_listen_it_is_loopback_unless_nothing_is_left_for_it() {
        let (ingest, api) = (["--listen-ingest", "127.0.0.1:1"], ["--listen-api", "127.0.0.1:2"]);
        for told in [&[][..], &ingest, &api] {
            assert_eq!(listen(told), ["127.0.0.1:7070"], "{told:?}");
        }
        assert!(listen(&[ingest, api].concat()).is_empty());
        assert_eq!(listen(&["--listen", "[::1]:3"]), ["[::1]:3"]);
    }
}
