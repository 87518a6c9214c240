//! What the kernel and the collector itself say of its process: memory, threads, metrics.

use anyhow::{Context, Result};
use hogusu_tests::collector::Collector;

/// A process by its number.
#[derive(Clone, Copy, Debug)]
pub struct Account(i32);

impl Account {
    pub fn of(collector: &Collector) -> Result<Self> {
        Ok(Self(collector.process().context("the collector is not running")?.id()))
    }

    /// Largest resident size so far, in MB.
    pub fn peak_memory(self) -> Result<f64> {
        self.megabytes("VmHWM:")
    }

    /// Resident size, in MB.
    pub fn memory(self) -> Result<f64> {
        self.megabytes("VmRSS:")
    }

    /// From now on the largest size is that of now.
    pub fn forget_peak(self) -> Result<()> {
        std::fs::write(format!("/proc/{}/clear_refs", self.0), "5").context("forgetting the peak of memory")
    }

    pub fn threads(self) -> Result<f64> {
        self.field("Threads:")
    }

    fn megabytes(self, name: &str) -> Result<f64> {
        Ok(self.field(name)? * 1024.0 / 1e6)
    }

    fn field(self, name: &str) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0)).context("the collector is gone")?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

/// The collector's metrics as they are now.
#[derive(Debug)]
pub struct Metrics(String);

impl Metrics {
    pub async fn of(collector: &Collector) -> Result<Self> {
        Ok(Self(collector.get("/metrics").await?.1))
    }

    /// One by its name behind `hogusu_collector_`, with its labels.
    pub fn value(&self, name: &str) -> Result<f64> {
        let whole = format!("hogusu_collector_{name} ");
        let line = self.0.lines().find_map(|line| line.strip_prefix(&whole));
        Ok(line.with_context(|| format!("{name} in the collector's metrics"))?.parse()?)
    }
}
