//! Exchanges of the tests: everything of them is known, over small domains.

use std::collections::BTreeMap;

use hogusu_access::{Call, Chain, Labels, Peer, Proxy, Text, Token, Workload};

use crate::chance::Chance;

pub(crate) const PEERS: [Option<&str>; 6] = [
    None,
    Some("spiffe://cluster.local/ns/a/sa/one"),
    Some("spiffe://cluster.local/ns/b/sa/one"),
    Some("spiffe://td/ns/b/sa/two"),
    Some("spiffe://old/ns/b/sa/two"),
    Some("spiffe://td/ns/bb/sa/one"),
];
pub(crate) const PORTS: [u16; 2] = [80, 90];
pub(crate) const METHODS: [&str; 3] = ["GET", "POST", "get"];
pub(crate) const PATHS: [&str; 6] = ["/", "/a", "/a/", "/a/b", "/a/b/c", "/A"];
pub(crate) const HOSTS: [&str; 4] = ["shop", "SHOP", "shop:80", "x.shop"];
pub(crate) const ADDRESSES: [&str; 3] = ["10.0.0.1", "10.1.0.1", "fd00::1"];
pub(crate) const NAMES: [&str; 3] = ["", "outbound_.80_._.shop", "shop"];
pub(crate) const HEADERS: [Option<&str>; 3] = [None, Some("v"), Some("vw")];
pub(crate) const SUBJECTS: [Option<(&str, &str, &str)>; 4] =
    [None, Some(("https://i/x", "s", "aud1")), Some(("i", "s", "aud2")), Some(("i", "t", "aud1"))];

/// An exchange with the workload `app=x` of namespace a.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) is_tcp: bool,
    pub(crate) peer: Option<&'static str>,
    pub(crate) port: u16,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) host: &'static str,
    pub(crate) source_ip: &'static str,
    pub(crate) remote_ip: &'static str,
    pub(crate) destination_ip: &'static str,
    pub(crate) sni: &'static str,
    /// Of x-key.
    pub(crate) header: Option<&'static str>,
    /// Issuer, subject and audience of a token.
    pub(crate) token: Option<(&'static str, &'static str, &'static str)>,
}

impl Exchange {
    pub(crate) fn any(chance: &mut Chance) -> Self {
        Self {
            is_tcp: chance.one_in(3),
            peer: chance.of(&PEERS),
            port: chance.of(&PORTS),
            method: chance.of(&METHODS),
            path: chance.of(&PATHS),
            host: chance.of(&HOSTS),
            source_ip: chance.of(&ADDRESSES),
            remote_ip: chance.of(&ADDRESSES),
            destination_ip: chance.of(&ADDRESSES),
            sni: chance.of(&NAMES),
            header: chance.of(&HEADERS),
            token: chance.of(&SUBJECTS),
        }
    }

    /// All that is to know of it.
    pub(crate) fn call(&self) -> Call {
        let address = |text: &str| Some(text.parse().unwrap());
        let token = self.token.map_or(Token::Missing, |(issuer, subject, audience)| Token::Valid {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            claims: BTreeMap::from([(vec!["aud".to_owned()], vec![audience.to_owned()])]),
        });
        Call {
            chain: Some(if self.is_tcp { Chain::Tcp } else { Chain::Http }),
            peer: Some(self.peer.map_or(Peer::Nobody, |name| Peer::Certificate(name.to_owned()))),
            port: Some(self.port),
            method: Some(self.method.to_owned()),
            path: Some(Text::Whole(self.path.to_owned())),
            host: Some(self.host.to_owned()),
            source_ip: address(self.source_ip),
            remote_ip: address(self.remote_ip),
            destination_ip: address(self.destination_ip),
            sni: Some(self.sni.to_owned()),
            headers: Some(self.header.iter().map(|value| ("x-key".to_owned(), (*value).to_owned())).collect()),
            token: Some(token),
            is_refused_by_custom: Some(false),
            service: None,
        }
    }

    /// The same with fields that nobody recorded.
    pub(crate) fn masked(&self, chance: &mut Chance) -> Call {
        let mut call = self.call();
        let is_kept = |chance: &mut Chance| !chance.one_in(3);
        call.chain = call.chain.filter(|_| is_kept(chance));
        call.peer = call.peer.filter(|_| is_kept(chance));
        call.port = call.port.filter(|_| is_kept(chance));
        call.method = call.method.filter(|_| is_kept(chance));
        call.path = call.path.filter(|_| is_kept(chance)).map(|path| match path {
            Text::Whole(path) if chance.one_in(2) => Text::Beginning(path.chars().take(chance.below(4)).collect()),
            path => path,
        });
        call.host = call.host.filter(|_| is_kept(chance));
        call.source_ip = call.source_ip.filter(|_| is_kept(chance));
        call.remote_ip = call.remote_ip.filter(|_| is_kept(chance));
        call.destination_ip = call.destination_ip.filter(|_| is_kept(chance));
        call.sni = call.sni.filter(|_| is_kept(chance));
        call.headers = call.headers.filter(|_| is_kept(chance));
        call.token = call.token.filter(|_| is_kept(chance));
        call
    }
}

/// Who is asked in all of these.
pub(crate) fn workload(proxy: Proxy) -> Workload {
    let labels = Some(Labels::exactly([("app", "x"), ("tier", "front")]));
    Workload { namespace: "a".to_owned(), name: "x".to_owned(), labels, proxy }
}
