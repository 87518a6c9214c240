//! Envoy as the filter's [`Host`]: every status of a host call is handled, none panics.
#![expect(unsafe_code, reason = "host calls take and fill raw pointers")]

use std::cell::Cell;

use hogusu_filter::{Host, Level, PostError, Request, Stat};
use hogusu_model::Hook;

use crate::{abi, arena};

#[derive(Debug, Default)]
pub(crate) struct Envoy {
    errors: Cell<u64>,
    /// Ids of the statistics, defined when first counted.
    stats: [Option<u32>; Stat::ALL.len()],
    /// Ids of the gauges that count senders by hook: the proxy has one of each, shared by all its VMs.
    senders: [Option<u32>; HOOKS.len()],
}

/// Hooks that may count the same requests, and the gauges that tell of their senders.
const HOOKS: [(Hook, &str); 2] =
    [(Hook::AccessLog, "hogusu_senders_access_log"), (Hook::HttpFilter, "hogusu_senders_http_filter")];

impl Envoy {
    /// A value that a host call points to. The host allocated it in the arena, where it stays until recycled.
    fn value(&self, status: u32, value: *mut u8, size: usize) -> Option<&[u8]> {
        match status {
            abi::OK if size == 0 || value.is_null() => Some(&[]),
            // SAFETY: on OK the host wrote `size` bytes into a buffer that it got from our own allocator, which is not
            // reused before `recycle`, for which `&mut self` is needed; nothing else points to it.
            abi::OK => Some(unsafe { std::slice::from_raw_parts(value, size) }),
            abi::NOT_FOUND | abi::SERIALIZATION_FAILURE => None,
            _ => {
                self.errors.set(self.errors.get().saturating_add(1));
                None
            }
        }
    }

    fn header(&self, map: u32, name: &str) -> Option<&[u8]> {
        let (mut value, mut size) = (std::ptr::null_mut(), 0);
        // SAFETY: the name outlives the call; value and size are ours to be filled.
        let status =
            unsafe { abi::proxy_get_header_map_value(map, name.as_ptr(), name.len(), &raw mut value, &raw mut size) };
        self.value(status, value, size)
    }

    /// A header of the answer to a request.
    pub(crate) fn answer_header(&self, name: &str) -> Option<&[u8]> {
        self.header(abi::CALL_RESPONSE_HEADERS, name)
    }

    /// The plugin's configuration of `size` bytes.
    pub(crate) fn configuration(&self, size: usize) -> &[u8] {
        let (mut value, mut read) = (std::ptr::null_mut(), 0);
        // SAFETY: value and read are ours to be filled.
        let status =
            unsafe { abi::proxy_get_buffer_bytes(abi::PLUGIN_CONFIGURATION, 0, size, &raw mut value, &raw mut read) };
        self.value(status, value, read).unwrap_or_default()
    }

    fn check(&self, status: u32) -> bool {
        if status != abi::OK {
            self.errors.set(self.errors.get().saturating_add(1));
        }
        status == abi::OK
    }
}

impl Host for Envoy {
    fn property(&self, path: &str) -> Option<&[u8]> {
        let (mut value, mut size) = (std::ptr::null_mut(), 0);
        // SAFETY: the path outlives the call; value and size are ours to be filled.
        let status = unsafe { abi::proxy_get_property(path.as_ptr(), path.len(), &raw mut value, &raw mut size) };
        self.value(status, value, size)
    }

    fn request_header(&self, name: &str) -> Option<&[u8]> {
        self.header(abi::REQUEST_HEADERS, name)
    }

    fn leave(&self, path: &str) {
        let value = b"1";
        // SAFETY: both pointers go with the length of what they point to and outlive the call.
        self.check(unsafe { abi::proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) });
    }

    fn enlist(&mut self, hook: Hook, by: i64) -> bool {
        for (at, (_, name)) in HOOKS.iter().enumerate() {
            if let Some(None) = self.senders.get(at) {
                let id = self.define(abi::GAUGE, name);
                if let Some(place) = self.senders.get_mut(at) {
                    *place = id;
                }
            }
        }
        // SAFETY: takes numbers.
        let enlist = |id: u32| self.check(unsafe { abi::proxy_increment_metric(id, by) });
        let is_told = self.gauge(hook).is_none_or(enlist);
        is_told && self.senders.iter().all(Option::is_some)
    }

    fn enlisted(&self, hook: Hook) -> u64 {
        let Some(id) = self.gauge(hook) else { return 0 };
        let mut senders = 0;
        // SAFETY: the number is ours to be filled.
        let is_known = self.check(unsafe { abi::proxy_get_metric(id, &raw mut senders) });
        if is_known { senders } else { 0 }
    }

    fn recycle(&mut self) {
        arena::recycle();
    }

    fn wall(&self) -> u64 {
        let mut time = 0;
        // SAFETY: time is ours to be filled.
        self.check(unsafe { abi::proxy_get_current_time_nanoseconds(&raw mut time) });
        time
    }

    fn monotonic(&self) -> u64 {
        const MONOTONIC: u32 = 1;
        let mut time = 0;
        // SAFETY: time is ours to be filled.
        self.check(u32::from(unsafe { abi::clock_time_get(MONOTONIC, 0, &raw mut time) }));
        time
    }

    fn random(&mut self) -> u64 {
        let mut bytes = [0; 8];
        // SAFETY: the buffer is ours and as long as said.
        self.check(u32::from(unsafe { abi::random_get(bytes.as_mut_ptr(), bytes.len()) }));
        u64::from_le_bytes(bytes)
    }

    #[cfg(target_arch = "wasm32")]
    fn memory(&self) -> u64 {
        core::arch::wasm32::memory_size(0) as u64 * 65_536
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn memory(&self) -> u64 {
        0
    }

    fn errors(&self) -> u64 {
        self.errors.get()
    }

    fn post(&mut self, request: &Request<'_>) -> Result<u32, PostError> {
        let headers = pairs(&[
            (":method", "POST"),
            (":path", request.path),
            (":authority", request.authority),
            ("content-type", "application/x-protobuf"),
            ("user-agent", concat!("hogusu-filter/", env!("CARGO_PKG_VERSION"))),
        ]);
        let mut token = 0;
        let cluster = request.envoy_cluster;
        // SAFETY: every pointer goes with the length of what it points to and outlives the call; token is ours to be filled.
        let status = unsafe {
            abi::proxy_http_call(
                cluster.as_ptr(),
                cluster.len(),
                headers.as_ptr(),
                headers.len(),
                request.body.as_ptr(),
                request.body.len(),
                std::ptr::null(),
                0,
                request.timeout_ms,
                &raw mut token,
            )
        };
        match status {
            abi::OK => Ok(token),
            abi::BAD_ARGUMENT => Err(PostError::NoSuchCluster),
            _ => Err(PostError::Failed),
        }
    }

    fn tick_in(&mut self, millis: u32) {
        // SAFETY: takes a number.
        self.check(unsafe { abi::proxy_set_tick_period_milliseconds(millis) });
    }

    fn finished(&mut self) {
        // SAFETY: takes nothing.
        self.check(unsafe { abi::proxy_done() });
    }

    fn log(&self, level: Level, message: &str) {
        let level = match level {
            Level::Info => abi::INFO,
            Level::Warn => abi::WARN,
        };
        // SAFETY: the text outlives the call.
        self.check(unsafe { abi::proxy_log(level, message.as_ptr(), message.len()) });
    }

    fn count(&mut self, stat: Stat, by: u64) {
        let Some(at) = Stat::ALL.iter().position(|other| *other == stat) else { return };
        let known = self.stats.get(at).copied().flatten();
        let Some(id) = known.or_else(|| self.define(abi::COUNTER, stat.name())) else { return };
        if let Some(place) = self.stats.get_mut(at) {
            *place = Some(id);
        }
        let by = i64::try_from(by).unwrap_or(i64::MAX);
        if by > 0 {
            // SAFETY: takes numbers.
            self.check(unsafe { abi::proxy_increment_metric(id, by) });
        }
    }
}

impl Envoy {
    fn gauge(&self, hook: Hook) -> Option<u32> {
        let at = HOOKS.iter().position(|(other, _)| *other == hook)?;
        self.senders.get(at).copied().flatten()
    }

    fn define(&self, kind: u32, name: &str) -> Option<u32> {
        let mut id = 0;
        // SAFETY: the name outlives the call; id is ours to be filled.
        let status = unsafe { abi::proxy_define_metric(kind, name.as_ptr(), name.len(), &raw mut id) };
        self.check(status).then_some(id)
    }
}

/// A header map as the ABI serializes it: count, lengths, then NUL-terminated keys and values.
fn pairs(headers: &[(&str, &str)]) -> Vec<u8> {
    let size = |len: usize| u32::try_from(len).unwrap_or(0).to_le_bytes();
    let mut out = size(headers.len()).to_vec();
    for (key, value) in headers {
        out.extend(size(key.len()));
        out.extend(size(value.len()));
    }
    for (key, value) in headers {
        for text in [key, value] {
            out.extend_from_slice(text.as_bytes());
            out.push(0);
        }
    }
    out
}
