//! A proxy with one VM: it starts the module, shows it exchanges, moves its clock and answers its requests.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use hogusu_model::BatchHeader;
use wasmi::{CompilationMode, Config, Engine, Instance, Linker, Module, Store, WasmParams, WasmResults};

use crate::abi;
use crate::shown::Shown;

/// Root context of the plugin.
pub(crate) const ROOT: u32 = 1;
const MILLI: u64 = 1_000_000;
const FUEL: u64 = u64::MAX / 2;

#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) cluster: String,
    pub(crate) headers: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

/// What was read and whether it was there.
pub(crate) type Read = (String, bool);

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) shown: Shown,
    /// Headers of the answer that is being delivered.
    pub(crate) answer: BTreeMap<String, Vec<u8>>,
    pub(crate) configuration: Vec<u8>,
    /// Calls of each import.
    pub(crate) calls: BTreeMap<&'static str, u64>,
    /// What was read, while it is noted.
    pub(crate) reads: Option<Vec<Read>>,
    pub(crate) now: u64,
    pub(crate) tick_at: Option<u64>,
    pub(crate) posts: Vec<Post>,
    pub(crate) done: u32,
    pub(crate) logs: Vec<String>,
    /// An import that fails, and with which status.
    pub(crate) fails: Option<(&'static str, u32)>,
    /// An export that every import calls before it returns, and with which context.
    pub(crate) reenters: Option<(&'static str, u32)>,
    pub(crate) is_inside: bool,
    /// What the gauges of senders say.
    pub(crate) rivals: u64,
    seed: u64,
}

impl State {
    pub(crate) fn wall(&self) -> u64 {
        1_795_525_201_250_000_000 + self.now
    }

    pub(crate) fn note(&mut self, name: String, is_present: bool) {
        if let Some(reads) = &mut self.reads {
            reads.push((name, is_present));
        }
    }

    pub(crate) fn random(&mut self) -> u8 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.seed.to_be_bytes()[0]
    }
}

pub(crate) struct Proxy {
    pub(crate) store: Store<State>,
    instance: Instance,
}

pub(crate) fn module() -> &'static (Engine, Module) {
    static MODULE: OnceLock<(Engine, Module)> = OnceLock::new();
    MODULE.get_or_init(|| {
        let path = std::env::var_os("HOGUSU_WASM").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/wasm/hogusu.wasm"),
            Into::into,
        );
        let bytes = std::fs::read(&path).unwrap_or_else(|error| {
            panic!("{}: {error}; `make wasm` builds it", path.display());
        });
        let mut config = Config::default();
        // Translated before it runs, so that what is counted is what the module does.
        config.consume_fuel(true).compilation_mode(CompilationMode::Eager);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, &bytes).expect("a module of WebAssembly");
        (engine, module)
    })
}

impl Proxy {
    /// A VM in which the plugin was configured.
    pub(crate) fn start(configuration: &str) -> Self {
        Self::start_scripted(configuration.as_bytes(), |_| {})
    }

    /// The same, its host scripted before the first entry.
    pub(crate) fn start_scripted(configuration: &[u8], script: impl FnOnce(&mut State)) -> Self {
        let (engine, module) = module();
        let mut state = State { configuration: configuration.to_vec(), shown: Shown::node(), ..State::default() };
        script(&mut state);
        let mut store = Store::new(engine, state);
        store.set_fuel(FUEL).expect("fuel is counted");
        let mut linker = Linker::new(engine);
        abi::link(&mut linker).expect("imports");
        let instance = linker.instantiate_and_start(&mut store, module).expect("an instance");
        let mut proxy = Self { store, instance };
        proxy.call::<(), ()>("_initialize", ());
        assert_eq!(proxy.call::<(u32, u32), u32>("proxy_on_vm_start", (ROOT, 0)), 1);
        proxy.configure_bytes(ROOT, configuration);
        proxy
    }

    /// A root context is configured: the first time, or another one.
    pub(crate) fn configure(&mut self, root: u32, configuration: &str) {
        self.configure_bytes(root, configuration.as_bytes());
    }

    fn configure_bytes(&mut self, root: u32, configuration: &[u8]) {
        self.state().configuration = configuration.to_vec();
        let size = u32::try_from(configuration.len()).expect("a small configuration");
        assert_eq!(self.call::<(u32, u32), u32>("proxy_on_configure", (root, size)), 1, "never refused to Envoy");
    }

    /// Enters the VM; a trap is a failure of the test.
    pub(crate) fn call<P: WasmParams, R: WasmResults>(&mut self, export: &str, parameters: P) -> R {
        let function = self.instance.get_typed_func::<P, R>(&self.store, export).expect("an export");
        function.call(&mut self.store, parameters).unwrap_or_else(|error| panic!("{export} trapped: {error}"))
    }

    pub(crate) fn state(&mut self) -> &mut State {
        self.store.data_mut()
    }

    pub(crate) fn show(&mut self, shown: &Shown) {
        self.state().shown = shown.clone();
    }

    /// Logs what is shown.
    pub(crate) fn log(&mut self) {
        self.call::<u32, ()>("proxy_on_log", ROOT);
    }

    pub(crate) fn log_times(&mut self, times: u32, shown: &Shown) {
        self.show(shown);
        (0..times).for_each(|_| self.log());
    }

    /// The next tick, if one is asked for.
    pub(crate) fn tick(&mut self) -> bool {
        let state = self.state();
        let Some(at) = state.tick_at.take() else { return false };
        state.now = state.now.max(at);
        // A period goes on until another one is set.
        state.tick_at = Some(state.now + 1_000 * MILLI);
        self.call::<u32, ()>("proxy_on_tick", ROOT);
        true
    }

    /// Ticks until a request leaves.
    pub(crate) fn until_post(&mut self) -> Post {
        let before = self.state().posts.len();
        for _ in 0..100_000 {
            self.tick();
            if self.state().posts.len() > before {
                return self.state().posts.last().expect("a request").clone();
            }
        }
        panic!("no request left in 100,000 ticks");
    }

    /// Answers the last request.
    pub(crate) fn answer(&mut self, status: &str) {
        self.answer_to(ROOT, status);
    }

    /// Answers the last request, to a root context.
    pub(crate) fn answer_to(&mut self, root: u32, status: &str) {
        let token = u32::try_from(self.state().posts.len()).expect("few");
        self.state().answer = BTreeMap::from([(":status".to_owned(), status.as_bytes().to_vec())]);
        self.call::<(u32, u32, u32, u32, u32), ()>("proxy_on_http_call_response", (root, token, 1, 0, 0));
    }

    /// Answers every request with success until nothing but presence is left to send; exchanges that arrived.
    pub(crate) fn deliver(&mut self) -> u64 {
        loop {
            let post = self.until_post();
            let header = header(&post);
            self.answer("200");
            if header.counters.waiting == 0 {
                return header.cumulative;
            }
        }
    }

    /// Linear memory in bytes.
    pub(crate) fn memory(&self) -> u64 {
        self.instance.get_memory(&self.store, "memory").expect("the module's memory").size(&self.store) * 65_536
    }

    /// Steps that `act` takes, as the interpreter counts them.
    pub(crate) fn steps(&mut self, act: impl FnOnce(&mut Self)) -> u64 {
        self.store.set_fuel(FUEL).expect("fuel is counted");
        act(self);
        FUEL - self.store.get_fuel().expect("fuel is counted")
    }
}

pub(crate) fn header(post: &Post) -> BatchHeader {
    hogusu_wire::walk(&post.body).expect("a batch").header
}
