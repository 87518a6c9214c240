//! A load's requests: their order, their names, their heads and bodies. Sends nothing.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use hyper::Request;

use crate::client::{Body, Version};
use crate::load::{Account, Load, Share};
use crate::script::{LOAD_ID_HEADER, SCRIPT_HEADER, Script};

/// The requests in an order that mixes the shares, and who is next.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) load: Load,
    number: u64,
    pub(super) order: Vec<usize>,
    pub(super) next: AtomicUsize,
    pub(super) account: Mutex<Account>,
    pub(super) begin: tokio::time::Instant,
}

impl Plan {
    pub(super) fn new(load: Load) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let order = mixed(&load.shares);
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            order,
            next: AtomicUsize::new(0),
            account: Mutex::default(),
            begin: tokio::time::Instant::now(),
            load,
        }
    }

    pub(super) fn take(&self) -> Option<(usize, &Share)> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        let share = self.load.shares.get(*self.order.get(index)?)?;
        Some((index, share))
    }

    pub(super) fn id(&self, index: usize) -> String {
        format!("{:x}-{}-{index}", std::process::id(), self.number)
    }

    pub(super) fn request(&self, index: usize, script: &Script) -> Request<Body> {
        let load = &self.load;
        let authority = match load.authorities.as_slice() {
            [] => &load.authority,
            many => &many[index % many.len()],
        };
        let mut builder = compose(load.version, load.grpc, authority, &load.path)
            .header(LOAD_ID_HEADER, self.id(index))
            .header(SCRIPT_HEADER, script.label());
        if load.traced {
            let (high, low) = (u64::from(std::process::id()), (self.number << 32) | index as u64);
            builder = builder
                .header("x-request-id", format!("{high:08x}-0000-4000-8000-{low:012x}"))
                .header("traceparent", format!("00-{high:016x}{low:016x}-{:016x}-01", low + 1));
        }
        for (name, value) in &load.headers {
            builder = builder.header(name, value);
        }
        let body = if load.grpc { grpc_frame(b"") } else { Bytes::new() };
        builder.body(Body::new(body)).expect("a scenario's headers are valid")
    }
}

/// The head of a request as a client of that protocol writes it.
pub(crate) fn compose(version: Version, grpc: bool, authority: &str, path: &str) -> hyper::http::request::Builder {
    let method = if grpc { "POST" } else { "GET" };
    let builder = Request::builder().method(method);
    let builder = match version {
        Version::Http1 => builder.uri(path).header("host", authority),
        Version::Http2 => builder.uri(format!("http://{authority}{path}")),
    };
    if grpc { builder.header("content-type", "application/grpc").header("te", "trailers") } else { builder }
}

/// A message with gRPC's five bytes in front.
pub fn grpc_frame(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).expect("a test message is short");
    [&[0], length.to_be_bytes().as_slice(), message].concat().into()
}

/// Interleaves the shares evenly, the same on every run.
fn mixed(shares: &[Share]) -> Vec<usize> {
    let mut slots: Vec<(f64, usize)> = Vec::new();
    for (number, share) in shares.iter().enumerate() {
        slots.extend((0..share.count).map(|i| ((i as f64 + 0.5) / share.count as f64, number)));
    }
    slots.sort_by(|a, b| a.0.total_cmp(&b.0));
    slots.into_iter().map(|(_, number)| number).collect()
}
