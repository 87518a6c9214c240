//! An edge's key and its stable id.
//!
//! The id is FNV-1a (64 bit) over the key's parts, each followed by a zero byte, in the order of the struct; written as
//! 16 hexadecimal digits. It names an edge in the API and in files, and does not change between runs or versions.

use crate::identity::Workload;
use crate::words::Protocol;

/// An end of an edge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// A workload.
    Workload(Workload),
    /// A service of which no workload was reached or named.
    Service(String),
    /// An address that belongs to no known workload.
    Address(String),
    /// Nothing is known.
    Unknown,
    /// What exceeded a sender's bound on edges.
    Overflow,
}

/// Source, destination, protocol and port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeKey {
    /// Who asks.
    pub source: End,
    /// Who is asked.
    pub destination: End,
    /// Over which protocol.
    pub protocol: Protocol,
    /// Port at the destination workload, or of the service.
    pub port: u16,
}

impl EdgeKey {
    /// The stable id.
    #[must_use]
    pub fn id(&self) -> u64 {
        let mut hash = Fnv::new();
        self.source.write(&mut hash);
        self.destination.write(&mut hash);
        hash.part(self.protocol.as_str());
        hash.part(&self.port.to_string());
        hash.0
    }
}

impl End {
    fn write(&self, hash: &mut Fnv) {
        match self {
            Self::Workload(workload) => {
                hash.part("workload");
                hash.part(&workload.cluster);
                hash.part(&workload.namespace);
                hash.part(&workload.name);
            }
            Self::Service(host) => {
                hash.part("service");
                hash.part(host);
            }
            Self::Address(address) => {
                hash.part("address");
                hash.part(address);
            }
            Self::Unknown => hash.part("unknown"),
            Self::Overflow => hash.part("overflow"),
        }
    }
}

struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn part(&mut self, text: &str) {
        for byte in text.bytes().chain(std::iter::once(0)) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
