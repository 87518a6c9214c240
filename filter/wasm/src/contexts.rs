//! Contexts of this VM: each root context is a sender; a stream context only knows its root.

use std::cell::RefCell;
use std::collections::BTreeMap;

use hogusu_filter::{Answer, Config, Host, Sender, read_proxy};
use hogusu_model::SenderId;
use hogusu_wire::{Resource, WIRE_VERSION};

use crate::encoder::OtlpEncoder;
use crate::envoy::Envoy;

#[derive(Default)]
struct Vm {
    host: Envoy,
    roots: Vec<Root>,
    /// Stream contexts by id; each knows its root's. Not hashed: the standard hasher panics where random bits are refused.
    streams: BTreeMap<u32, u32>,
}

struct Root {
    context: u32,
    sender: Option<Sender<OtlpEncoder>>,
}

thread_local! {
    static VM: RefCell<Vm> = RefCell::default();
}

/// Runs `act` on the VM's state. The host never enters twice; if it did, the second entry would do nothing.
fn enter<T: Default>(act: impl FnOnce(&mut Vm) -> T) -> T {
    VM.with(|vm| vm.try_borrow_mut().map(|mut vm| act(&mut vm)).unwrap_or_default())
}

impl Vm {
    /// Runs `act` on the sender of a root context, and notes how long that took.
    fn timed(&mut self, context: u32, act: impl FnOnce(&mut Sender<OtlpEncoder>, &mut Envoy)) {
        self.host.recycle();
        let Some(sender) =
            self.roots.iter_mut().find(|root| root.context == context).and_then(|root| root.sender.as_mut())
        else {
            return;
        };
        let began = self.host.monotonic();
        act(sender, &mut self.host);
        sender.note_entry(self.host.monotonic().saturating_sub(began));
    }
}

pub(crate) fn created(context: u32, root: u32) {
    enter(|vm| {
        if root == 0 {
            vm.roots.push(Root { context, sender: None });
        } else {
            vm.streams.insert(context, root);
        }
    });
}

pub(crate) fn configured(context: u32, size: usize) {
    enter(|vm| {
        vm.host.recycle();
        let (config, refused) = Config::read(vm.host.configuration(size));
        let sender = sender_id(&mut vm.host, context);
        let resource = Resource {
            sender,
            proxy: read_proxy(&vm.host),
            hook: config.hook,
            filter_version: env!("CARGO_PKG_VERSION").to_owned(),
            filter_digest: env!("HOGUSU_FILTER_DIGEST").to_owned(),
            revision: config.revision.clone(),
            wire_version: WIRE_VERSION,
            flush_interval_ms: u64::from(config.flush_interval_ms),
        };
        let sender = Sender::new(sender, config, refused.as_ref(), OtlpEncoder::new(&resource), &mut vm.host);
        match vm.roots.iter_mut().find(|root| root.context == context) {
            Some(root) => root.sender = Some(sender),
            None => vm.roots.push(Root { context, sender: Some(sender) }),
        }
    });
}

/// 128 random bits; from a host that refuses them, what it has that differs between workers and over time.
fn sender_id(host: &mut Envoy, context: u32) -> SenderId {
    let bits = u128::from(host.random()) << 64 | u128::from(host.random());
    if bits != 0 {
        return SenderId(bits.to_be_bytes());
    }
    let time = u128::from(host.wall()) << 64 | u128::from(host.monotonic());
    SenderId((time ^ u128::from(context) << 32).to_be_bytes())
}

pub(crate) fn tick(context: u32) {
    enter(|vm| vm.timed(context, |sender, host| sender.tick(host)));
}

pub(crate) fn answered(context: u32, token: u32) {
    enter(|vm| {
        vm.timed(context, |sender, host| {
            let number =
                |value: Option<&[u8]>| value.and_then(|bytes| std::str::from_utf8(bytes).ok()?.parse::<u64>().ok());
            let status = number(host.answer_header(":status")).and_then(|status| u16::try_from(status).ok());
            let retry_after = number(host.answer_header("retry-after"));
            sender.answered(host, token, &Answer { status, retry_after });
        });
    });
}

pub(crate) fn logged(context: u32) {
    enter(|vm| {
        vm.host.recycle();
        let root = vm.streams.get(&context).copied().unwrap_or(context);
        if let Some(sender) = vm.roots.iter_mut().find(|at| at.context == root).and_then(|at| at.sender.as_mut()) {
            sender.exchange(&vm.host);
        }
    });
}

pub(crate) fn done(context: u32) -> bool {
    enter(|vm| {
        let mut is_done = true;
        if !vm.streams.contains_key(&context) {
            vm.timed(context, |sender, host| is_done = sender.end(host));
            // A VM goes with the last of its root contexts, at once: what any of them still holds leaves now or never.
            if vm.roots.iter().all(|root| root.sender.as_ref().is_none_or(Sender::is_ending)) {
                let senders = vm.roots.iter_mut().filter_map(|root| root.sender.as_mut());
                senders.for_each(|sender| sender.last_words(&mut vm.host));
            }
        }
        is_done
    })
}

pub(crate) fn deleted(context: u32) {
    enter(|vm| {
        if vm.streams.remove(&context).is_none() {
            vm.roots.retain(|root| root.context != context);
        }
    });
}
