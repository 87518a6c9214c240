//! What a connection is on the wire: from what the client sends and what the server accepts.

use crate::destination::{Asked, Chosen, ClientTls, DestinationRule, chosen};
use crate::mesh::Mesh;
use crate::peer::{Mode, PeerAuthentication, of_namespace, standing};
use crate::possible::Possible;
use crate::workload::Workload;

/// Who connects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its namespace.
    pub namespace: String,
    /// Whether its connections go through a proxy of the mesh; `None`: not known.
    pub has_proxy: Option<bool>,
}

/// To what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The workload.
    pub workload: Workload,
    /// Whether its pods have a proxy: their label `security.istio.io/tlsMode`.
    pub has_proxy: Option<bool>,
    /// Port of the workload.
    pub port: Option<u16>,
    /// Whether that port is declared to be HTTP.
    pub is_http: Option<bool>,
    /// The service through which it is asked; `None`: not known, or none.
    pub service: Option<Asking>,
}

/// A service, as a client asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// Its whole name.
    pub host: String,
    /// Its namespace.
    pub namespace: String,
    /// Its port.
    pub port: Option<u16>,
    /// Whether it has no address of its own.
    pub is_headless: Option<bool>,
}

/// Policies that decide about it.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// What servers accept.
    pub peers: &'a [PeerAuthentication],
    /// How clients connect.
    pub destinations: &'a [DestinationRule],
    /// What holds for the mesh.
    pub mesh: &'a Mesh,
}

/// What a client sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sent {
    /// Bytes as the application wrote them.
    Plain,
    /// TLS that is not the mesh's, without a client certificate.
    OtherTls,
    /// The same with one.
    OtherMutualTls,
    /// Mutual TLS of the mesh.
    MeshTls,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wire {
    /// Mutual TLS of the mesh.
    MutualTls,
    /// Plaintext; what the application itself encrypts is not looked at.
    Plaintext,
    /// TLS that passes the server's proxy unopened: the peer is unproven.
    OtherTls,
    /// No connection.
    Refused,
}

impl Wire {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MutualTls => "mutual_tls",
            Self::Plaintext => "plaintext",
            Self::OtherTls => "application_tls",
            Self::Refused => "refused",
        }
    }
}

/// What a connection from a client to a server is.
#[must_use]
pub fn predict(client: &Client, server: &Server, rules: Rules<'_>) -> Possible<Wire> {
    sent(client, server, rules).and_then(|sent| received(sent, server, rules))
}

/// What a client sends.
#[must_use]
pub fn sent(client: &Client, server: &Server, rules: Rules<'_>) -> Possible<Sent> {
    let has_proxy = match client.has_proxy {
        Some(has_proxy) => Possible::only(has_proxy),
        None => Possible::of([false, true], "whether the source has a proxy"),
    };
    has_proxy.and_then(|has_proxy| {
        if !has_proxy {
            return Possible::only(Sent::Plain);
        }
        let Some(service) = &server.service else {
            return Possible::of([Sent::Plain, Sent::MeshTls], "service through which it is asked");
        };
        let asked =
            Asked { from: &client.namespace, host: &service.host, namespace: &service.namespace, port: service.port };
        chosen(rules.destinations, asked, rules.mesh).and_then(|chosen| match chosen {
            Chosen::Said(ClientTls::Disable) => Possible::only(Sent::Plain),
            Chosen::Said(ClientTls::Simple) => Possible::only(Sent::OtherTls),
            Chosen::Said(ClientTls::Mutual) => Possible::only(Sent::OtherMutualTls),
            Chosen::Said(ClientTls::IstioMutual) => Possible::only(Sent::MeshTls),
            Chosen::Automatic => automatic(service, server, rules),
        })
    })
}

/// What the mesh chooses: by the policies of the service's namespace and mesh first, then by the endpoint.
fn automatic(service: &Asking, server: &Server, rules: Rules<'_>) -> Possible<Sent> {
    if !rules.mesh.is_auto_mtls {
        return Possible::only(Sent::Plain);
    }
    of_namespace(rules.peers, &service.namespace, rules.mesh).and_then(|mode| {
        if mode == Mode::Disable {
            return Possible::only(Sent::Plain);
        }
        let has_proxy = match server.has_proxy {
            Some(has_proxy) => Possible::only(has_proxy),
            None => Possible::of([false, true], "label security.istio.io/tlsMode of the destination's pods"),
        };
        has_proxy.and_then(
            |has_proxy| if has_proxy { to_proxy(service, server, rules) } else { Possible::only(Sent::Plain) },
        )
    })
}

fn to_proxy(service: &Asking, server: &Server, rules: Rules<'_>) -> Possible<Sent> {
    let own = standing(rules.peers, &server.workload, server.port, rules.mesh).mode;
    own.and_then(|mode| match (mode, service.is_headless) {
        (Mode::Disable, _) => Possible::only(Sent::Plain),
        (_, Some(false)) => Possible::only(Sent::MeshTls),
        (_, Some(true)) => {
            Possible::of([Sent::Plain, Sent::MeshTls], "whether all pods behind the headless service have a proxy")
        }
        (_, None) => Possible::of([Sent::Plain, Sent::MeshTls], "whether the service is headless"),
    })
}

/// What a server makes of what is sent.
#[must_use]
pub fn received(sent: Sent, server: &Server, rules: Rules<'_>) -> Possible<Wire> {
    let has_proxy = match server.has_proxy {
        Some(has_proxy) => Possible::only(has_proxy),
        None => Possible::of([false, true], "whether the destination has a proxy"),
    };
    has_proxy.and_then(|has_proxy| {
        if has_proxy {
            let mode = standing(rules.peers, &server.workload, server.port, rules.mesh).mode;
            return mode.and_then(|mode| by_mode(sent, mode, server.is_http));
        }
        match sent {
            Sent::Plain => Possible::only(Wire::Plaintext),
            Sent::MeshTls => Possible::only(Wire::Refused),
            Sent::OtherTls | Sent::OtherMutualTls => {
                Possible::of([Wire::OtherTls, Wire::Refused], "whether the destination's application speaks TLS")
            }
        }
    })
}

fn by_mode(sent: Sent, mode: Mode, is_http: Option<bool>) -> Possible<Wire> {
    match (mode, sent) {
        (Mode::Strict | Mode::Permissive | Mode::Unset, Sent::MeshTls) => Possible::only(Wire::MutualTls),
        (Mode::Strict, Sent::Plain | Sent::OtherTls) => Possible::only(Wire::Refused),
        // It asks for a client certificate: whether it trusts this one depends on who issued it.
        (Mode::Strict, Sent::OtherMutualTls) => {
            Possible::of([Wire::MutualTls, Wire::Refused], "who issued the client certificate of the DestinationRule")
        }
        (Mode::Permissive | Mode::Unset | Mode::Disable, Sent::Plain) => Possible::only(Wire::Plaintext),
        (Mode::Permissive | Mode::Unset, Sent::OtherTls | Sent::OtherMutualTls) => match is_http {
            Some(true) => Possible::only(Wire::Refused),
            Some(false) => Possible::only(Wire::OtherTls),
            None => Possible::of([Wire::OtherTls, Wire::Refused], "declared protocol of the destination's port"),
        },
        (Mode::Disable, Sent::MeshTls) => Possible::only(Wire::Refused),
        // No proxy opens it, so the application would have to.
        (Mode::Disable, Sent::OtherTls | Sent::OtherMutualTls) => {
            Possible::of([Wire::OtherTls, Wire::Refused], "whether the destination's application speaks TLS")
        }
    }
}
