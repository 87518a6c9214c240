//! What a scenario sends and what must come of it: each script with the outcome that the source, the router's log and the
//! destination have to report. These expectations are written down beside the scripts; nothing here maps codes to outcomes.

use hogusu_model::{AnsweredBy, Outcome, Protocol};
use hogusu_tests::client::Answer;
use hogusu_tests::script::Script;
use hogusu_tests::tcp::{TcpEnd, TcpScript};

/// How an exchange ended and who answered.
pub type Class = (Outcome, AnsweredBy);

/// Nobody listens there: the harness's endpoints of a closed port.
pub const CLOSED_PORT: u16 = 4;

/// Which port the edge has.
#[derive(Clone, Copy, Debug)]
pub enum Port {
    /// A target port of the destination workload.
    Target(u16),
    /// As it is: a service's, a closed one, or 0.
    Of(u16),
}

/// Everything that one source asks of one service on one edge.
#[derive(Clone, Debug)]
pub struct Talk {
    pub source: &'static str,
    /// `name.namespace`, or the namespace of a fleet.
    pub service: &'static str,
    /// The destination as the map labels it.
    pub destination: &'static str,
    pub protocol: Protocol,
    pub port: Port,
    pub connections: usize,
    /// The host that is asked for, where it is not the service's.
    pub authority: Option<&'static str>,
    /// Nothing is sent: the backend of the source sends it, and its account says what.
    pub by_application: bool,
    pub rows: Vec<Row>,
    pub tcp_rows: Vec<TcpRow>,
}

impl Talk {
    pub fn new(source: &'static str, service: &'static str, destination: &'static str, port: u16) -> Self {
        Self {
            source,
            service,
            destination,
            protocol: Protocol::Http,
            port: Port::Target(port),
            connections: 4,
            authority: None,
            by_application: false,
            rows: Vec::new(),
            tcp_rows: Vec::new(),
        }
    }

    pub fn over(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// The edge's port is not one of the destination's target ports.
    pub fn at_port(mut self, port: u16) -> Self {
        self.port = Port::Of(port);
        self
    }

    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    pub fn authority(mut self, host: &'static str) -> Self {
        self.authority = Some(host);
        self
    }

    pub fn by_application(mut self) -> Self {
        self.by_application = true;
        self
    }

    pub fn row(mut self, row: Row) -> Self {
        self.rows.push(row);
        self
    }

    pub fn tcp(mut self, row: TcpRow) -> Self {
        self.tcp_rows.push(row);
        self
    }
}

/// So many requests of one script, with everything that has to come of them.
#[derive(Clone, Debug)]
pub struct Row {
    pub script: Script,
    pub count: usize,
    pub path: &'static str,
    pub leave: bool,
    /// What the one who asks gets.
    pub answer: Answer,
    pub at_source: Class,
    /// One for each attempt in the router's log; an attempt on a closed port is told by its host and not listed.
    pub attempts: Vec<Class>,
    /// One for each attempt that the destination's proxy sees.
    pub at_destination: Vec<Class>,
}

impl Row {
    /// One attempt that ends at the source as the request does, and does not arrive unless `arrives` says so.
    pub fn new(count: usize, script: Script, answer: Answer, at_source: Class) -> Self {
        Self {
            script,
            count,
            path: "/",
            leave: false,
            answer,
            at_source,
            attempts: vec![at_source],
            at_destination: Vec::new(),
        }
    }

    pub fn arrives(mut self, at_destination: &[Class]) -> Self {
        self.at_destination = at_destination.to_vec();
        self
    }

    pub fn attempts(mut self, attempts: &[Class]) -> Self {
        self.attempts = attempts.to_vec();
        self
    }

    pub fn path(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }

    /// The client goes away once the backend has the request.
    pub fn leave(mut self) -> Self {
        self.leave = true;
        self
    }
}

/// So many connections of one script. Within one talk the payload's size names the row: a proxy's log shows nothing else of it.
#[derive(Clone, Copy, Debug)]
pub struct TcpRow {
    pub script: TcpScript,
    pub count: usize,
    pub bytes: usize,
    /// How it may end for the client.
    pub ends: &'static [TcpEnd],
    pub at_source: Class,
    pub at_destination: Option<Class>,
}

impl TcpRow {
    pub fn new(count: usize, (script, bytes): (TcpScript, usize), ends: &'static [TcpEnd], at_source: Class) -> Self {
        Self { script, count, bytes, ends, at_source, at_destination: None }
    }

    pub fn arrives(mut self, at_destination: Class) -> Self {
        self.at_destination = Some(at_destination);
        self
    }
}
