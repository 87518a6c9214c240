//! The root contexts of this VM, each with its sender, and which of them a stream belongs to. Counts nothing itself.
//!
//! The host tells a stream's root only when the stream is created, and entering the VM for that, and again for its
//! deletion, costs every stream of an HTTP filter about as much as counting it. So neither is exported, and the root is
//! found when the stream is logged: among roots that count alike it does not matter which one counts, as every exchange is
//! logged once; roots that do not count alike are told apart by what the host says of the stream's plugin.

use hogusu_filter::{Config, Direction, Host, Sender};
use hogusu_model::Hook;

use crate::encoder::OtlpEncoder;
use crate::envoy::Envoy;

/// The plugin's name and its root id, as the proxy's configuration has them.
const PLUGIN_NAME: &str = "plugin_name";
const PLUGIN_ROOT: &str = "plugin_root_id";
/// 1 inbound, 2 outbound.
const LISTENER_DIRECTION: &str = "xds\0listener_direction";

/// A root context, from its configuration to its end.
pub(crate) struct Root {
    context: u32,
    name: Vec<u8>,
    root_id: Vec<u8>,
    config: Config,
    pub(crate) sender: Sender<OtlpEncoder>,
}

impl Root {
    /// A root context as the host shows it while it configures it.
    pub(crate) fn new(context: u32, config: Config, sender: Sender<OtlpEncoder>, host: &Envoy) -> Self {
        let read = |path| host.property(path).unwrap_or_default().to_vec();
        Self { context, name: read(PLUGIN_NAME), root_id: read(PLUGIN_ROOT), config, sender }
    }
}

/// All of them, in the order of their configuration.
#[derive(Default)]
pub(crate) struct Roots {
    roots: Vec<Root>,
    /// The root that counts every stream, where those that could all count alike.
    shared: Option<usize>,
}

impl Roots {
    /// Takes a root context; one that is configured again takes the place of what it was.
    pub(crate) fn put(&mut self, root: Root) {
        self.roots.retain(|other| other.context != root.context && !other.sender.has_ended());
        self.roots.push(root);
        self.choose();
    }

    pub(crate) fn get_mut(&mut self, context: u32) -> Option<&mut Root> {
        self.roots.iter_mut().find(|root| root.context == context)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Root> {
        self.roots.iter_mut()
    }

    pub(crate) fn contains(&self, context: u32) -> bool {
        self.roots.iter().any(|root| root.context == context)
    }

    /// The sender that counts what a context logs: a root context's own, or that of the stream's root.
    pub(crate) fn counting(&mut self, context: u32, host: &Envoy) -> Option<&mut Sender<OtlpEncoder>> {
        let own = self.roots.iter().position(|root| root.context == context);
        let at = own.or(self.shared).or_else(|| self.of_stream(host))?;
        self.roots.get_mut(at).map(|root| &mut root.sender)
    }

    /// To be called whenever a root begins or ends: forgets those that have ended, and says who counts streams.
    pub(crate) fn choose(&mut self) {
        self.roots.retain(|root| !root.sender.has_ended());
        let newest = self.candidates().last();
        let alike = newest.filter(|(_, newest)| self.candidates().all(|(_, other)| other.config == newest.config));
        self.shared = alike.map(|(at, _)| at);
    }

    /// Roots that streams may belong to: a stream ends before its root does, and its root's hook is the HTTP filter. What
    /// calls itself something else, or is on its way out, only counts where there is nobody else.
    fn candidates(&self) -> impl Iterator<Item = (usize, &Root)> {
        let rank = |root: &Root| (!root.sender.is_ending(), root.config.hook == Hook::HttpFilter);
        let best = self.roots.iter().map(rank).max();
        self.roots.iter().enumerate().filter(move |(_, root)| Some(rank(root)) == best)
    }

    /// The newest of the roots whose plugin is the stream's. Of two generations that differ, the newer counts what the
    /// older one's last streams still bring.
    fn of_stream(&self, host: &Envoy) -> Option<usize> {
        let name = host.property(PLUGIN_NAME).unwrap_or_default();
        let root_id = host.property(PLUGIN_ROOT).unwrap_or_default();
        let direction = match host.property(LISTENER_DIRECTION).and_then(|bytes| bytes.first()) {
            Some(1) => Direction::Inbound,
            _ => Direction::Outbound,
        };
        let is_of_plugin = |root: &Root| root.name == name && root.root_id == root_id;
        let fits = |root: &Root| root.config.direction == Direction::Auto || root.config.direction == direction;
        let rank = |root: &Root| (is_of_plugin(root), fits(root));
        self.candidates().max_by_key(|(_, root)| rank(root)).map(|(at, _)| at)
    }
}
