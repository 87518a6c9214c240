//! Who is at the other end of a connection, as far as the connection itself tells, and to whom what it takes is counted.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Weak};

use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::limits;

/// The other end of the connection that a request came over.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// The connection, by a number of this process.
    pub connection: u64,
    /// The connection's socket, as long as it is open.
    pub socket: Weak<TcpStream>,
}

/// To whom places and bytes are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Party {
    /// Everybody at an address; of IPv6 at a network of 64 bits, which is one holder's.
    Address(IpAddr),
    /// Whoever has this verified identity, wherever from.
    Identity(Arc<str>),
    /// Nothing is known, as in a process of its own.
    Unknown,
}

impl Peer {
    /// Waits until the other end has gone or said that it says nothing more. Who asks a question and hangs up wants no answer.
    pub async fn left(&self) {
        loop {
            let Some(socket) = self.socket.upgrade() else { return };
            let ready = socket.ready(Interest::READABLE).await;
            if ready.map_or(true, |ready| ready.is_read_closed()) {
                return;
            }
            drop(socket);
            // Another request is there already behind this one, unread: an end would come behind it.
            tokio::time::sleep(limits::LEFT_LOOK).await;
        }
    }
}

impl Party {
    /// By address.
    #[must_use]
    pub fn at(peer: Option<&Peer>) -> Self {
        peer.map_or(Self::Unknown, |peer| match peer.address.to_canonical() {
            IpAddr::V6(address) if !address.is_loopback() => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                Self::Address(IpAddr::V6(Ipv6Addr::from(network)))
            }
            address => Self::Address(address),
        })
    }
}
