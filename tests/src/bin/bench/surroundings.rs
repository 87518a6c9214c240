//! What stands around the proxies of a measurement: addresses, the application, the receivers of telemetry.

use std::path::PathBuf;

use anyhow::Result;
use hogusu_tests::addresses::Block;
use hogusu_tests::otlp_sink::OtlpSink;
use hogusu_tests::workdir::Workdir;

use crate::access_log_receiver::AccessLogReceiver;
use crate::nginx::Nginx;
use crate::pair::Surroundings;

/// The whole run.
#[derive(Debug)]
pub struct Bench {
    pub workdir: Workdir,
    /// A smoke test: the figures mean nothing.
    pub quick: bool,
}

#[derive(Debug)]
pub struct Servers {
    pub block: Block,
    pub folder: PathBuf,
    pub sink: OtlpSink,
    pub receiver: AccessLogReceiver,
    application: std::net::SocketAddr,
    _nginx: Nginx,
}

impl Servers {
    pub async fn start(bench: &Bench, name: &str) -> Result<Self> {
        let block = Block::claim()?;
        let folder = bench.workdir.folder(name)?;
        let address = block.next()?;
        let at = |port| block.port(address, port).map(|port| (address, port).into());
        let application = at(8080)?;
        let nginx = Nginx::start(application, &folder.join("nginx")).await?;
        let sink = OtlpSink::start(at(4318)?).await?;
        let receiver = AccessLogReceiver::start(at(4317)?).await?;
        Ok(Self { block, folder, sink, receiver, application, _nginx: nginx })
    }

    pub fn around(&self) -> Surroundings {
        Surroundings {
            application: self.application,
            collector: self.sink.address(),
            access_log_receiver: self.receiver.address(),
        }
    }
}
