//! The way to the API server through a proxy: which is taken, when none is, and what is said when it leads nowhere.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::api_server::ApiServer;
use super::process::folder;

/// Nobody listens there.
const DEAD: &str = "http://127.0.0.1:9";

/// A proxy that connects whoever asks, and counts them.
struct Proxy {
    address: SocketAddr,
    connected: Arc<AtomicUsize>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connected = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connected);
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                std::thread::spawn(move || connect(stream, &count));
            }
        });
        Self { address, connected }
    }
}

fn connect(near: TcpStream, count: &AtomicUsize) {
    let (mut reader, mut head) = (BufReader::new(near.try_clone().unwrap()), String::new());
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let target =
        head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap_or_else(|| panic!("{head}"));
    let far = TcpStream::connect(target).unwrap();
    (&near).write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
    count.fetch_add(1, Ordering::Relaxed);
    let (mut from_far, mut to_near) = (far.try_clone().unwrap(), near);
    std::thread::spawn(move || std::io::copy(&mut from_far, &mut to_near));
    // Whoever ends first ends it for both.
    drop(std::io::copy(&mut reader, &mut &far));
}

/// What `hogusu check` says of whether the API server answers.
fn check(kubeconfig: &str, variables: &[(&str, &str)]) -> (String, String) {
    let folder = folder();
    let file = folder.path().join("kubeconfig.json");
    std::fs::write(&file, kubeconfig).unwrap();
    let line = checked(&file, variables);
    (line["state"].as_str().unwrap().to_owned(), line["said"][0].as_str().unwrap_or_default().to_owned())
}

fn checked(kubeconfig: &Path, variables: &[(&str, &str)]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hogusu"));
    command.args(["check", "--url", "http://127.0.0.1:1", "--format", "json", "--kubernetes"]).arg(kubeconfig);
    for name in ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy"] {
        command.env_remove(name);
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let lines = report["groups"].as_array().unwrap().iter().flat_map(|group| group["lines"].as_array().unwrap());
    lines.into_iter().find(|line| line["id"] == "k8s-api").unwrap().clone()
}

#[test]
fn what_no_proxy_names_is_asked_straight() {
    let server = ApiServer::start(HashMap::new(), &[]);
    for exempt in ["127.0.0.1", "localhost, 127.0.0.0/8,", "*"] {
        let (state, said) = check(&server.kubeconfig(), &[("HTTPS_PROXY", DEAD), ("NO_PROXY", exempt)]);
        assert_eq!(state, "pass", "{exempt}: {said}");
    }
}

#[test]
fn a_proxy_leads_there_whether_the_environment_or_the_kubeconfig_names_it() {
    let (server, proxy) = (ApiServer::start(HashMap::new(), &[]), Proxy::start());
    let url = format!("http://{}", proxy.address);
    let own = server.kubeconfig().replace(r#""server":"#, &format!(r#""proxy-url":"{url}","server":"#));
    for (kubeconfig, variables) in [
        (server.kubeconfig(), &[("HTTPS_PROXY", url.as_str()), ("NO_PROXY", "127.0.0.2")][..]),
        (server.kubeconfig(), &[("https_proxy", url.as_str())]),
        (own, &[("HTTPS_PROXY", DEAD)]),
    ] {
        let before = proxy.connected.load(Ordering::Relaxed);
        let (state, said) = check(&kubeconfig, variables);
        assert_eq!(state, "pass", "{said}");
        assert!(proxy.connected.load(Ordering::Relaxed) > before, "{variables:?} was not obeyed");
    }
}

#[test]
fn a_proxy_that_leads_nowhere_is_named_with_the_way_around_it() {
    let server = ApiServer::start(HashMap::new(), &[]);
    let (state, said) = check(&server.kubeconfig(), &[("HTTPS_PROXY", "http://u:secret@127.0.0.1:9")]);
    assert_eq!(state, "fail");
    assert!(said.contains("through the proxy http://127.0.0.1:9/ that HTTPS_PROXY names"), "{said}");
    assert!(said.contains("NO_PROXY=127.0.0.1 asks it straight") && !said.contains("secret"), "{said}");
    let (state, said) = check(&server.kubeconfig(), &[("HTTPS_PROXY", "ftp://u:secret@127.0.0.1:9")]);
    assert_eq!(state, "fail");
    assert!(said.contains("HTTPS_PROXY names: give it as http://HOST:PORT") && !said.contains("secret"), "{said}");
}
