//! What a lab leaves running when it ends, by itself or with whoever runs it: nothing.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::process::Process;
use hogusu_tests::workdir::Workdir;
use nix::sys::signal::Signal;

use crate::as_root;

const LIMIT: Duration = Duration::from_secs(60);
/// Set for the process that holds a lab until it is killed.
const HOLDS: &str = "HOGUSU_TEST_HOLDS_A_LAB";
/// What that process says once its lab stands, before its folder and the lab's networks.
const STANDS: &str = "the lab stands: ";

/// A control plane and a sidecar.
async fn stand(workdir: &Workdir) -> Result<IstioLab> {
    let mut lab = IstioLab::start(workdir).await?;
    lab.add(&[Workload::new("alpha", "client")]).await?;
    Ok(lab)
}

/// Networks of a lab. Held open, so that the kernel gives their numbers to no other.
struct Networks(Vec<File>);

impl Networks {
    fn open(paths: &[PathBuf]) -> Result<Self> {
        let open = |path: &PathBuf| File::open(path).with_context(|| path.display().to_string());
        Ok(Self(paths.iter().map(open).collect::<Result<_>>()?))
    }

    /// Processes inside.
    fn inside(&self) -> Result<Vec<String>> {
        let number = |file: &Metadata| (file.dev(), file.ino());
        let ours = self.0.iter().map(|network| Ok(number(&network.metadata()?))).collect::<Result<Vec<_>>>()?;
        let mut found = Vec::new();
        for process in std::fs::read_dir("/proc")? {
            let folder = process?.path();
            // Whoever has ended meanwhile is in none.
            let Ok(network) = std::fs::metadata(folder.join("ns/net")) else { continue };
            if ours.contains(&number(&network)) {
                let name = std::fs::read_to_string(folder.join("comm")).unwrap_or_default();
                found.push(format!("{} {}", folder.display(), name.trim()));
            }
        }
        Ok(found)
    }

    async fn until_empty(&self) -> Result<()> {
        eventually("nothing is left in the lab's networks", LIMIT, async || match self.inside() {
            Err(error) => Seen::Never(format!("{error:#}")),
            Ok(left) if left.is_empty() => Seen::Done(()),
            Ok(left) => Seen::Waiting(left),
        })
        .await
    }
}

/// Runs this same test as another process, which holds a lab; its folder and its networks, once they stand.
async fn hold(workdir: &Workdir) -> Result<(Process, PathBuf, Networks)> {
    let name = std::thread::current().name().context("the test's name")?.to_owned();
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--exact", &name, "--nocapture"]).env(HOLDS, "1");
    let holder = Process::spawn("holder", command, workdir.path())?;
    let mut paths: Vec<_> = eventually("another process holds a lab", LIMIT * 4, async || {
        if let Some(status) = holder.exit() {
            return Seen::Never(format!("it ended with {status}: {}", holder.last_words(10)));
        }
        let said = std::fs::read_to_string(holder.stdout()).unwrap_or_default();
        let line = said.lines().find_map(|line| line.split_once(STANDS)?.1.strip_suffix('.'));
        match line {
            Some(paths) => Seen::Done(paths.split(' ').map(PathBuf::from).collect()),
            None => Seen::Waiting(said),
        }
    })
    .await?;
    let folder = paths.remove(0);
    Ok((holder, folder, Networks::open(&paths)?))
}

#[test]
fn a_lab_that_ends_or_whose_holder_is_killed_leaves_nothing_running() {
    as_root("leftovers", async |workdir| {
        let lab = stand(workdir).await?;
        let networks = lab.networks();
        if std::env::var_os(HOLDS).is_some() {
            let networks: Vec<_> = networks.iter().map(|network| network.display().to_string()).collect();
            println!("{STANDS}{} {}.", workdir.path().display(), networks.join(" "));
            return std::future::pending().await;
        }
        assert_eq!(networks.len(), 2, "the control plane's and the pod's");
        let networks = Networks::open(&networks)?;
        assert!(networks.inside()?.len() > 5, "a control plane and a sidecar: {:?}", networks.inside()?);
        lab.stop();
        networks.until_empty().await?;

        let (holder, folder, networks) = hold(workdir).await?;
        assert!(networks.inside()?.len() > 5, "a control plane and a sidecar: {:?}", networks.inside()?);
        holder.signal(Signal::SIGKILL)?;
        networks.until_empty().await?;
        // Who was killed could not do it.
        Ok(std::fs::remove_dir_all(folder)?)
    });
}
