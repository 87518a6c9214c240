//! The application behind the proxies: Debian's nginx, one worker, a fixed answer.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::process::Process;

#[derive(Debug)]
pub struct Nginx {
    _process: Process,
}

impl Nginx {
    pub async fn start(at: SocketAddr, folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("nginx.conf");
        std::fs::write(&path, configuration(at, folder)).context("writing nginx's configuration")?;
        let mut command = Command::new(binary()?);
        command.arg("-c").arg(&path).arg("-p").arg(folder).args(["-e", "stderr"]);
        let process = Process::spawn("nginx", command, folder)?;
        eventually("nginx answers", Duration::from_secs(10), async || {
            if let Some(status) = process.exit() {
                return Seen::Never(format!("{status}: {}", process.last_words(5)));
            }
            client::get(at, "/").await.map_or_else(|error| Seen::Waiting(error.to_string()), |_| Seen::Done(()))
        })
        .await?;
        Ok(Self { _process: process })
    }
}

fn binary() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders
        .find_map(|folder| Some(folder.join("nginx")).filter(|path| path.is_file()))
        .context("nginx is not installed: run `make setup-bench`")
}

fn configuration(at: SocketAddr, folder: &Path) -> String {
    let folder = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {folder}/{kind};"))
        .join(" ");
    format!(
        "daemon off; worker_processes 1; worker_rlimit_nofile 60000; pid {folder}/nginx.pid; error_log stderr;\n\
         events {{ worker_connections 30000; }}\n\
         http {{ access_log off; {temporary} keepalive_requests 1000000000; keepalive_timeout 1h;\n\
         server {{ listen {at} backlog=4096; location / {{ return 200 \"ok\\n\"; }} }} }}\n"
    )
}
