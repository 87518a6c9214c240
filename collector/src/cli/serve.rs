//! `hogusu serve`: from the command line to the collector's options.

use super::arguments::{LogFormat, Serve};
use crate::serve::{self, ServeOptions, Tls};

pub(super) fn options(given: Serve) -> ServeOptions {
    ServeOptions {
        listen: given.listen,
        data: given.data,
        expect: given.expect,
        retention: given.retention,
        max_disk: given.max_disk,
        tls: given.tls_cert.zip(given.tls_key).map(|(certificate, key)| Tls { certificate, key }),
        log_format: match given.log_format {
            LogFormat::Text => serve::LogFormat::Text,
            LogFormat::Json => serve::LogFormat::Json,
        },
    }
}
