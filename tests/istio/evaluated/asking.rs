//! What is asked of a target and how: a request or a connection, from a pod with or without a sidecar, on a connection of its own; and what
//! an evaluator is told of it, all or what an edge of a map tells.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use hogusu_access::{Call, Chain, Peer, Text, Token};
use hogusu_tests::client::{self, Body};
use hogusu_tests::istio::IstioLab;
use hogusu_tests::istio::window::Window;
use hogusu_tests::tcp::{TcpEnd, TcpLoad, TcpScript};
use hyper::Request;

use super::{HTTP, TCP};
use crate::chance::Chance;

pub const CLIENT: &str = "alpha/client";
pub const NAMESAKE: &str = "alps/client";
pub const LEGACY: &str = "beta/legacy";
pub const SOURCES: [&str; 3] = [CLIENT, NAMESAKE, LEGACY];

const PATHS: [&str; 12] =
    ["/", "/a", "/a/", "/a/b", "/a/b/", "/a/b?x=1", "/b", "/A", "/a//b", "/a%2Fb", "/c/a/b", "/ab"];
const METHODS: [&str; 4] = ["GET", "GET", "POST", "PUT"];
const FORWARDED: &str = "192.0.2.7";

/// A request, or a connection that has no method.
#[derive(Clone, Debug)]
pub struct Ask {
    pub from: &'static str,
    method: &'static str,
    host: String,
    path: String,
    role: Option<&'static str>,
    is_forwarded: bool,
}

impl Ask {
    pub fn request(chance: &mut Chance, from: &'static str, target: &str) -> Self {
        let full = format!("{target}.beta.svc.cluster.local");
        // A sidecar routes by the host.
        let hosts = match from {
            LEGACY => vec![full.clone(), format!("{full}:8080"), full.to_uppercase(), "other.example".to_owned()],
            _ => vec![full.clone(), format!("{full}:8080"), format!("{target}.beta")],
        };
        Self {
            from,
            method: *chance.one(&METHODS),
            host: chance.one(&hosts).clone(),
            path: (*chance.one(&PATHS)).to_owned(),
            role: *chance.one(&[None, None, Some("admin"), Some("user"), Some("admin,user")]),
            is_forwarded: chance.once_in(5),
        }
    }

    pub fn connection(from: &'static str) -> Self {
        Self { from, method: "", host: String::new(), path: String::new(), role: None, is_forwarded: false }
    }

    /// To see whether a mark is in force.
    pub fn marked(push: u64, target: &str) -> Self {
        Self { method: "GET", host: target.to_owned(), path: format!("/mark-{push}"), ..Self::connection(LEGACY) }
    }

    fn is_request(&self) -> bool {
        !self.method.is_empty()
    }

    /// Whether it is let in; anything but an answer or a refusal is an error.
    pub async fn is_let_in(&self, ways: &Ways, target: &str) -> Result<bool> {
        let to = ways.of(self.from, target, self.is_request())?.address();
        if !self.is_request() {
            let account = TcpLoad::new(to).connections(1, TcpScript::Echo, 100).run().await;
            let end = account.keys().next().context("an end")?.1;
            ensure!(end != TcpEnd::NotConnected && end != TcpEnd::Left, "{self:?} to {target}: {end:?}");
            return Ok(end == TcpEnd::Echoed);
        }
        let mut request = Request::builder().method(self.method).uri(&self.path).header("host", &self.host);
        if let Some(role) = self.role {
            request = request.header("x-role", role);
        }
        if self.is_forwarded {
            request = request.header("x-forwarded-for", FORWARDED);
        }
        let answer = client::fetch(to, request.body(Body::default())?).await?;
        match answer.status().as_u16() {
            200 => Ok(true),
            403 if answer.body().starts_with(b"RBAC") => Ok(false),
            other => bail!("{self:?} to {target} is answered {other}"),
        }
    }

    /// What an edge of a map tells.
    pub fn told(&self) -> Call {
        let peer = match self.from {
            CLIENT => Peer::Certificate("spiffe://cluster.local/ns/alpha/sa/client".to_owned()),
            NAMESAKE => Peer::Certificate("spiffe://cluster.local/ns/alps/sa/client".to_owned()),
            _ => Peer::Nobody,
        };
        let (chain, port) = if self.is_request() { (Chain::Http, HTTP) } else { (Chain::Tcp, TCP) };
        Call { chain: Some(chain), peer: Some(peer), port: Some(port), ..Call::default() }
    }

    /// All that there is to know.
    pub fn known(&self, lab: &IstioLab, target: &str) -> Call {
        let (source, to) = (lab.pod(self.from), lab.pod(&format!("beta/{target}")));
        let told = self.told();
        let port = told.port.unwrap_or_default();
        let sni =
            if source.has_sidecar() { format!("outbound_.{port}_._.{}", to.workload().host()) } else { String::new() };
        let remote = if self.is_forwarded { FORWARDED.parse().ok() } else { Some(source.address().into()) };
        let role = self.role.map(|role| ("x-role".to_owned(), role.to_owned()));
        Call {
            method: Some(self.method.to_owned()),
            path: self.path.split('?').next().map(|path| Text::Whole(path.to_owned())),
            host: Some(self.host.clone()),
            source_ip: Some(source.address().into()),
            remote_ip: remote,
            destination_ip: Some(to.address().into()),
            sni: Some(sni),
            headers: Some(role.into_iter().collect()),
            token: Some(Token::Missing),
            ..told
        }
    }
}

/// From each source to each port of each target: connections that are opened in the source's network.
pub struct Ways(BTreeMap<(&'static str, String, bool), Window>);

impl Ways {
    pub async fn open(lab: &IstioLab, targets: &[String]) -> Result<Self> {
        let mut ways = BTreeMap::new();
        for from in SOURCES {
            for target in targets {
                let to = lab.pod(&format!("beta/{target}"));
                let address = if lab.pod(from).has_sidecar() { to.service() } else { to.address() };
                for (is_http, port) in [(true, HTTP), (false, TCP)] {
                    let window = Window::open(lab.pod(from).namespaces().first(), (address, port).into()).await?;
                    ways.insert((from, target.clone(), is_http), window);
                }
            }
        }
        Ok(Self(ways))
    }

    fn of(&self, from: &'static str, target: &str, is_http: bool) -> Result<&Window> {
        self.0.get(&(from, target.to_owned(), is_http)).with_context(|| format!("no way from {from} to {target}"))
    }
}
