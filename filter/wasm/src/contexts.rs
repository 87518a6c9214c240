//! What the VM does at each entry: its root contexts are senders; of streams it keeps nothing.

use std::cell::RefCell;

use hogusu_filter::{Answer, Config, Host, Sender, read_proxy};
use hogusu_model::SenderId;
use hogusu_wire::{Resource, WIRE_VERSION};

use crate::encoder::OtlpEncoder;
use crate::envoy::Envoy;
use crate::roots::{Root, Roots};

#[derive(Default)]
struct Vm {
    host: Envoy,
    roots: Roots,
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
        let Some(root) = self.roots.get_mut(context) else { return };
        let began = self.host.monotonic();
        act(&mut root.sender, &mut self.host);
        root.sender.note_entry(self.host.monotonic().saturating_sub(began));
        if root.sender.has_ended() {
            self.roots.choose();
        }
    }
}

pub(crate) fn configured(context: u32, size: usize) {
    enter(|vm| {
        vm.host.recycle();
        let (config, refused) = Config::read(vm.host.configuration(size));
        let sender = sender_id(&mut vm.host, context);
        let marks = vm.host.enlist(config.hook, 1);
        let resource = Resource {
            sender,
            proxy: read_proxy(&vm.host),
            hook: config.hook,
            filter_version: env!("CARGO_PKG_VERSION").to_owned(),
            filter_digest: env!("HOGUSU_FILTER_DIGEST").to_owned(),
            revision: config.revision.clone(),
            wire_version: WIRE_VERSION,
            flush_interval_ms: u64::from(config.flush_interval_ms),
            marks,
        };
        let encoder = OtlpEncoder::new(&resource);
        let sender = Sender::new(sender, config.clone(), refused.as_ref(), encoder, &mut vm.host);
        vm.roots.put(Root::new(context, config, sender, &vm.host));
        vm.roots.iter_mut().for_each(|root| root.sender.look_around(&vm.host));
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
        if let Some(sender) = vm.roots.counting(context, &vm.host) {
            sender.exchange(&vm.host);
        }
    });
}

/// A root context is to end, or a stream has ended; of the latter nothing is kept.
pub(crate) fn done(context: u32) -> bool {
    enter(|vm| {
        if !vm.roots.contains(context) {
            return true;
        }
        let mut is_done = true;
        vm.timed(context, |sender, host| is_done = sender.end(host));
        vm.roots.choose();
        // A VM goes with the last of its root contexts, at once: what any of them still holds leaves now or never.
        if vm.roots.iter_mut().all(|root| root.sender.is_ending()) {
            vm.roots.iter_mut().for_each(|root| root.sender.last_words(&mut vm.host));
        }
        is_done
    })
}
