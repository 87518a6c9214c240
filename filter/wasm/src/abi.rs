//! The ABI's imports and its exports' entry points. Nothing here but types of the boundary.
#![expect(unsafe_code, reason = "the ABI is a C boundary: imports, exported symbols, out-parameters")]

/// The host call did what it should.
pub(crate) const OK: u32 = 0;
/// What was asked for is not there.
pub(crate) const NOT_FOUND: u32 = 1;
/// The value is null: Envoy says so of metadata that a host or locality does not have.
pub(crate) const SERIALIZATION_FAILURE: u32 = 3;
/// An argument is not one the host knows.
pub(crate) const BAD_ARGUMENT: u32 = 2;

/// Header maps.
pub(crate) const REQUEST_HEADERS: u32 = 0;
pub(crate) const CALL_RESPONSE_HEADERS: u32 = 6;
/// Buffers.
pub(crate) const PLUGIN_CONFIGURATION: u32 = 7;
/// Kinds of statistics.
pub(crate) const COUNTER: u32 = 0;
pub(crate) const GAUGE: u32 = 1;
/// Log levels.
pub(crate) const INFO: u32 = 2;
pub(crate) const WARN: u32 = 3;

#[cfg(target_os = "wasi")]
mod imports {
    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        pub(crate) fn proxy_log(level: u32, text: *const u8, len: usize) -> u32;
        pub(crate) fn proxy_get_property(path: *const u8, len: usize, value: *mut *mut u8, size: *mut usize) -> u32;
        pub(crate) fn proxy_set_property(path: *const u8, len: usize, value: *const u8, size: usize) -> u32;
        pub(crate) fn proxy_get_header_map_value(
            map: u32,
            key: *const u8,
            len: usize,
            value: *mut *mut u8,
            size: *mut usize,
        ) -> u32;
        pub(crate) fn proxy_get_buffer_bytes(
            buffer: u32,
            start: usize,
            max: usize,
            value: *mut *mut u8,
            size: *mut usize,
        ) -> u32;
        pub(crate) fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
        pub(crate) fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
        pub(crate) fn proxy_http_call(
            cluster: *const u8,
            cluster_len: usize,
            headers: *const u8,
            headers_len: usize,
            body: *const u8,
            body_len: usize,
            trailers: *const u8,
            trailers_len: usize,
            timeout: u32,
            token: *mut u32,
        ) -> u32;
        pub(crate) fn proxy_done() -> u32;
        pub(crate) fn proxy_define_metric(kind: u32, name: *const u8, len: usize, id: *mut u32) -> u32;
        pub(crate) fn proxy_increment_metric(id: u32, by: i64) -> u32;
        pub(crate) fn proxy_get_metric(id: u32, value: *mut u64) -> u32;
    }

    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        pub(crate) fn random_get(buffer: *mut u8, len: usize) -> u16;
        pub(crate) fn clock_time_get(clock: u32, precision: u64, time: *mut u64) -> u16;
    }
}

#[cfg(target_os = "wasi")]
pub(crate) use imports::{
    clock_time_get, proxy_define_metric, proxy_done, proxy_get_buffer_bytes, proxy_get_current_time_nanoseconds,
    proxy_get_header_map_value, proxy_get_metric, proxy_get_property, proxy_http_call, proxy_increment_metric,
    proxy_log, proxy_set_property, proxy_set_tick_period_milliseconds, random_get,
};

/// Without a proxy around it (a native build, for lints and tests of the workspace) every host call fails.
#[cfg(not(target_os = "wasi"))]
mod absent {
    macro_rules! absent {
        ($($name:ident($($argument:ty),*) -> $result:ty;)+) => {
            $(#[expect(clippy::too_many_arguments, reason = "the ABI's own signature")]
            #[expect(clippy::allow_attributes, reason = "only some of these have many arguments")]
            #[allow(unfulfilled_lint_expectations, reason = "only some of these have many arguments")]
            pub(crate) const unsafe fn $name($(_: $argument),*) -> $result { 10 })+
        };
    }
    absent! {
        proxy_log(u32, *const u8, usize) -> u32;
        proxy_get_property(*const u8, usize, *mut *mut u8, *mut usize) -> u32;
        proxy_set_property(*const u8, usize, *const u8, usize) -> u32;
        proxy_get_header_map_value(u32, *const u8, usize, *mut *mut u8, *mut usize) -> u32;
        proxy_get_buffer_bytes(u32, usize, usize, *mut *mut u8, *mut usize) -> u32;
        proxy_set_tick_period_milliseconds(u32) -> u32;
        proxy_get_current_time_nanoseconds(*mut u64) -> u32;
        proxy_http_call(*const u8, usize, *const u8, usize, *const u8, usize, *const u8, usize, u32, *mut u32) -> u32;
        proxy_done() -> u32;
        proxy_define_metric(u32, *const u8, usize, *mut u32) -> u32;
        proxy_increment_metric(u32, i64) -> u32;
        proxy_get_metric(u32, *mut u64) -> u32;
        random_get(*mut u8, usize) -> u16;
        clock_time_get(u32, u64, *mut u64) -> u16;
    }
}

#[cfg(not(target_os = "wasi"))]
pub(crate) use absent::{
    clock_time_get, proxy_define_metric, proxy_done, proxy_get_buffer_bytes, proxy_get_current_time_nanoseconds,
    proxy_get_header_map_value, proxy_get_metric, proxy_get_property, proxy_http_call, proxy_increment_metric,
    proxy_log, proxy_set_property, proxy_set_tick_period_milliseconds, random_get,
};

mod exports {
    use crate::{arena, contexts};

    #[cfg(target_os = "wasi")]
    unsafe extern "C" {
        fn __wasm_call_ctors();
    }

    // Each symbol below is named by the ABI; the names cannot collide, as this crate is the whole module. What is not here
    // the host does not call: each entry costs every stream, so of a stream only its log and its end come in.

    #[unsafe(no_mangle)]
    extern "C" fn proxy_abi_version_0_2_1() {}

    #[unsafe(no_mangle)]
    extern "C" fn _initialize() {
        // SAFETY: the linker's own constructor function, called once before anything else as a reactor requires.
        #[cfg(target_os = "wasi")]
        unsafe {
            __wasm_call_ctors();
        }
    }

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
        arena::allocate(size)
    }

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_vm_start(_context: u32, _configuration_size: usize) -> u32 {
        1
    }

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_configure(context: u32, size: usize) -> u32 {
        contexts::configured(context, size);
        1
    }

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_tick(context: u32) {
        contexts::tick(context);
    }

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_http_call_response(
        context: u32,
        token: u32,
        _headers: usize,
        _body: usize,
        _trailers: usize,
    ) {
        contexts::answered(context, token);
    }

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_log(context: u32) {
        contexts::logged(context);
    }

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_done(context: u32) -> u32 {
        u32::from(contexts::done(context))
    }
}
