//! A stand-in for an API server: answers lists from what a test gives it, keeps watches open, and sends events into them.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// Objects by the plural of their kind; a kind that is not among them is not installed.
type Objects = HashMap<&'static str, Vec<Value>>;

#[derive(Default)]
struct State {
    objects: Objects,
    forbidden: Vec<&'static str>,
    /// Connections on which a kind is watched.
    watches: Vec<(String, TcpStream)>,
}

#[derive(Clone)]
pub(crate) struct ApiServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl ApiServer {
    /// With these objects; `forbidden` kinds may not be read.
    pub(crate) fn start(objects: Objects, forbidden: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { objects, forbidden: forbidden.to_vec(), watches: Vec::new() };
        let server = Self { address, state: Arc::new(Mutex::new(state)) };
        let own = server.clone();
        // They end with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                std::thread::spawn(move || own.serve(&stream));
            }
        });
        server
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn kubeconfig(&self) -> String {
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": format!("http://{}", self.address)}}],
            "users": [{"name": "nobody", "user": {}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "nobody"}}],
        })
        .to_string()
    }

    /// True once the kind is being watched.
    pub(crate) fn is_watched(&self, kind: &str) -> bool {
        self.state.lock().unwrap().watches.iter().any(|(watched, _)| watched == kind)
    }

    /// Tells those who watch the kind.
    pub(crate) fn tell(&self, kind: &str, event: &str, object: &Value) {
        let line = format!("{}\n", json!({"type": event, "object": object}));
        let mut state = self.state.lock().unwrap();
        for (_, stream) in state.watches.iter_mut().filter(|(watched, _)| watched == kind) {
            write!(stream, "{:x}\r\n{line}\r\n", line.len()).unwrap();
        }
    }

    /// One connection: requests one after the other, until one of them is a watch.
    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        loop {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if reader.read_line(&mut head).unwrap_or_default() == 0 {
                    return;
                }
            }
            let target = head.split(' ').nth(1).unwrap().to_owned();
            let (path, query) = target.split_once('?').unwrap_or((&target, ""));
            let kind = path.rsplit('/').next().unwrap();
            if query.contains("watch=true") {
                let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
                let mut watching = stream.try_clone().unwrap();
                watching.write_all(answer.as_bytes()).unwrap();
                self.state.lock().unwrap().watches.push((kind.to_owned(), watching));
                return;
            }
            let (status, body) = self.answer(kind);
            let body = body.to_string();
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
            );
            let mut stream = stream;
            stream.write_all(answer.as_bytes()).unwrap();
        }
    }

    fn answer(&self, kind: &str) -> (u16, Value) {
        let state = self.state.lock().unwrap();
        let refusal = |code: u16, message: &str| {
            let status = json!({
                "apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code, "message": message, "reason": "x",
            });
            (code, status)
        };
        if kind == "version" {
            let texts = ["gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"];
            let mut version = json!({"major": "1", "minor": "36", "gitVersion": "v1.36.3"});
            texts.iter().for_each(|text| version[text] = json!(""));
            return (200, version);
        }
        if state.forbidden.contains(&kind) {
            return refusal(403, "not for you");
        }
        match state.objects.get(kind) {
            None => refusal(404, "the server could not find the requested resource"),
            Some(items) => {
                let metadata = json!({"resourceVersion": "1"});
                (200, json!({"apiVersion": "v1", "kind": "List", "metadata": metadata, "items": items}))
            }
        }
    }
}
