//! Which rights the command asks for, of an API server that stands in.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use hogusu_collector::check::report::{Report, State};
use serde_json::{Value, json};

/// Lets everybody list and nobody watch; there is nothing else.
fn answer(body: &[u8]) -> (u16, Value) {
    let Ok(review) = serde_json::from_slice::<Value>(body) else {
        return (
            404,
            json!({"kind": "Status", "status": "Failure", "code": 404, "message": "none", "reason": "NotFound"}),
        );
    };
    let is_list = review["spec"]["resourceAttributes"]["verb"] == "list";
    (201, json!({"kind": review["kind"], "status": {"allowed": is_list}}))
}

/// Answers the requests of one connection.
fn serve(stream: &TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            (reader.read_line(&mut head).ok()? > 0).then_some(())?;
        }
        let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or_default()];
        reader.read_exact(&mut body).ok()?;
        let (status, body) = answer(&body);
        let (body, mut stream) = (body.to_string(), stream);
        let head = format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
        write!(stream, "{head}\r\n\r\n{body}").ok()?;
    }
}

/// The kubeconfig of a server that ends with the test's process.
fn kubeconfig() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(&stream));
        }
    });
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": format!("http://{address}")}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "nobody"}}],
    })
    .to_string()
}

#[test]
fn a_collector_that_may_list_and_not_watch_fails_its_line_and_whoever_asks_need_not_watch() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("kubeconfig.json");
    std::fs::write(&file, kubeconfig()).expect("a kubeconfig");
    let arguments = ["check", "--url", "http://127.0.0.1:1", "--format", "json", "--kubernetes"];
    let output = Command::new(env!("CARGO_BIN_EXE_hogusu")).args(arguments).arg(&file).output().expect("it runs");
    let report: Report = serde_json::from_slice(&output.stdout).expect("a report");
    let line = |id: &str| report.lines().find(|line| line.id == id).expect("the line");
    let watched = ["pods", "nodes", "namespaces", "services", "wasmplugins", "trafficextensions"];
    let said: Vec<_> =
        line("collector-rights").said.iter().map(|said| said.split('.').next().expect("a part")).collect();
    assert_eq!(line("collector-rights").state, State::Fail, "{report:?}");
    assert_eq!(said, watched.map(|kind| format!("it may not watch {kind}")), "{report:?}");
    assert_eq!(line("k8s-rights").state, State::Pass, "{report:?}");
}
