//! CPU time of a process as the kernel accounts it, and keeping a process on one core.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Kernel ticks per second that `/proc` counts in on every Linux there is.
const TICKS: f64 = 100.0;

/// Nanoseconds on a CPU of all threads that live now: exact, for processes that keep their threads (Envoy).
pub fn nanos_of_threads(pid: i32) -> Result<u64> {
    let mut sum = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).with_context(|| format!("process {pid} is gone"))? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        sum += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(sum)
}

/// Seconds on a CPU, ended threads included, in steps of 10 ms.
pub fn seconds_of_process(pid: i32) -> Result<f64> {
    let text =
        std::fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("process {pid} is gone"))?;
    let fields = text.rsplit_once(") ").context("stat without a name")?.1;
    let mut times = fields.split(' ').skip(11).map(str::parse::<u64>);
    let user = times.next().context("utime")??;
    let system = times.next().context("stime")??;
    Ok((user + system) as f64 / TICKS)
}

/// Moves all threads of a process to one core; later ones inherit it.
pub fn keep_on_core(pid: i32, core: usize) -> Result<()> {
    let mut command = Command::new("taskset");
    let output = command.args(["-a", "-c", "-p", &core.to_string(), &pid.to_string()]).output().context("taskset")?;
    ensure!(output.status.success(), "taskset: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
