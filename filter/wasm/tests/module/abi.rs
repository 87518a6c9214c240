//! The host's side of the ABI: each import counts itself, answers from the script, and may be told to fail or to re-enter.

use wasmi::{Caller, Error, Linker, Memory};

use crate::proxy::{Post, State};

const OK: u32 = 0;
const NOT_FOUND: u32 = 1;

/// Notes an import's call; the status it is scripted to fail with.
fn enter(caller: &mut Caller<'_, State>, name: &'static str) -> Result<Option<u32>, Error> {
    let state = caller.data_mut();
    *state.calls.entry(name).or_default() += 1;
    let forced = state.fails.filter(|(import, _)| *import == name).map(|(_, status)| status);
    if let Some((export, argument)) = state.reenters.filter(|_| !state.is_inside) {
        caller.data_mut().is_inside = true;
        let function = caller.get_export(export).and_then(wasmi::Extern::into_func).expect("an export");
        if export == "proxy_on_http_call_response" {
            let typed = function.typed::<(u32, u32, u32, u32, u32), ()>(&mut *caller)?;
            typed.call(&mut *caller, (argument, 1, 0, 0, 0))?;
        } else if export == "proxy_on_done" {
            function.typed::<u32, u32>(&mut *caller)?.call(&mut *caller, argument)?;
        } else {
            function.typed::<u32, ()>(&mut *caller)?.call(&mut *caller, argument)?;
        }
        caller.data_mut().is_inside = false;
    }
    Ok(forced)
}

fn memory(caller: &Caller<'_, State>) -> Memory {
    caller.get_export("memory").and_then(wasmi::Extern::into_memory).expect("the module's memory")
}

fn read(caller: &Caller<'_, State>, at: u32, len: u32) -> Vec<u8> {
    let mut bytes = vec![0; len as usize];
    memory(caller).read(caller, at as usize, &mut bytes).expect("a readable place");
    bytes
}

fn write(caller: &mut Caller<'_, State>, at: u32, bytes: &[u8]) {
    memory(caller).write(caller, at as usize, bytes).expect("a writable place");
}

/// Hands bytes to the guest: into a buffer from its own allocator.
fn give(caller: &mut Caller<'_, State>, bytes: Option<Vec<u8>>, value: u32, size: u32) -> Result<u32, Error> {
    let Some(bytes) = bytes else { return Ok(NOT_FOUND) };
    let allocate = caller.get_export("proxy_on_memory_allocate").and_then(wasmi::Extern::into_func).expect("an export");
    let len = u32::try_from(bytes.len()).expect("a small value");
    let at = allocate.typed::<u32, u32>(&mut *caller)?.call(&mut *caller, len)?;
    write(caller, at, &bytes);
    write(caller, value, &at.to_le_bytes());
    write(caller, size, &len.to_le_bytes());
    Ok(OK)
}

pub(crate) fn link(linker: &mut Linker<State>) -> Result<(), Error> {
    reads(linker)?;
    acts(linker)?;
    counts(linker)?;
    wasi(linker)
}

fn reads(linker: &mut Linker<State>) -> Result<(), Error> {
    linker.func_wrap(
        "env",
        "proxy_get_property",
        |mut caller: Caller<'_, State>, path: u32, len: u32, value: u32, size: u32| -> Result<u32, Error> {
            if let Some(status) = enter(&mut caller, "proxy_get_property")? {
                return Ok(status);
            }
            let path = String::from_utf8(read(&caller, path, len)).expect("a path").replace('\0', ".");
            let found = caller.data().shown.properties.get(&path).cloned();
            caller.data_mut().note(path, found.is_some());
            give(&mut caller, found, value, size)
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_get_header_map_value",
        |mut caller: Caller<'_, State>, map: u32, key: u32, len: u32, value: u32, size: u32| -> Result<u32, Error> {
            if let Some(status) = enter(&mut caller, "proxy_get_header_map_value")? {
                return Ok(status);
            }
            let key = String::from_utf8(read(&caller, key, len)).expect("a name");
            let state = caller.data();
            let headers = if map == 6 { &state.answer } else { &state.shown.headers };
            let found = headers.get(&key).cloned();
            caller.data_mut().note(format!("header:{key}"), found.is_some());
            give(&mut caller, found, value, size)
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_get_buffer_bytes",
        |mut caller: Caller<'_, State>, _: u32, _: u32, _: u32, value: u32, size: u32| -> Result<u32, Error> {
            if let Some(status) = enter(&mut caller, "proxy_get_buffer_bytes")? {
                return Ok(status);
            }
            let bytes = caller.data().configuration.clone();
            give(&mut caller, Some(bytes), value, size)
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_get_current_time_nanoseconds",
        |mut caller: Caller<'_, State>, time: u32| -> Result<u32, Error> {
            let status = enter(&mut caller, "proxy_get_current_time_nanoseconds")?;
            let wall = caller.data().wall();
            write(&mut caller, time, &wall.to_le_bytes());
            Ok(status.unwrap_or(OK))
        },
    )?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the ABI's own signature")]
fn http_call(
    mut caller: Caller<'_, State>,
    cluster: u32,
    cluster_len: u32,
    headers: u32,
    headers_len: u32,
    body: u32,
    body_len: u32,
    _: u32,
    _: u32,
    _: u32,
    token: u32,
) -> Result<u32, Error> {
    if let Some(status) = enter(&mut caller, "proxy_http_call")? {
        return Ok(status);
    }
    let post = Post {
        cluster: String::from_utf8(read(&caller, cluster, cluster_len)).expect("a name"),
        headers: read(&caller, headers, headers_len),
        body: read(&caller, body, body_len),
    };
    let state = caller.data_mut();
    state.posts.push(post);
    let number = u32::try_from(state.posts.len()).expect("few");
    write(&mut caller, token, &number.to_le_bytes());
    Ok(OK)
}

fn acts(linker: &mut Linker<State>) -> Result<(), Error> {
    linker.func_wrap(
        "env",
        "proxy_set_property",
        |mut caller: Caller<'_, State>, _: u32, _: u32, _: u32, _: u32| -> Result<u32, Error> {
            Ok(enter(&mut caller, "proxy_set_property")?.unwrap_or(OK))
        },
    )?;
    linker.func_wrap("env", "proxy_http_call", http_call)?;
    linker.func_wrap(
        "env",
        "proxy_set_tick_period_milliseconds",
        |mut caller: Caller<'_, State>, period: u32| -> Result<u32, Error> {
            let status = enter(&mut caller, "proxy_set_tick_period_milliseconds")?;
            let state = caller.data_mut();
            state.tick_at = Some(state.now + u64::from(period) * 1_000_000);
            Ok(status.unwrap_or(OK))
        },
    )?;
    linker.func_wrap("env", "proxy_done", |mut caller: Caller<'_, State>| -> Result<u32, Error> {
        let status = enter(&mut caller, "proxy_done")?;
        caller.data_mut().done += 1;
        Ok(status.unwrap_or(OK))
    })?;
    linker.func_wrap(
        "env",
        "proxy_log",
        |mut caller: Caller<'_, State>, _: u32, text: u32, len: u32| -> Result<u32, Error> {
            let status = enter(&mut caller, "proxy_log")?;
            let line = String::from_utf8(read(&caller, text, len)).expect("a line of text");
            caller.data_mut().logs.push(line);
            Ok(status.unwrap_or(OK))
        },
    )?;
    Ok(())
}

fn counts(linker: &mut Linker<State>) -> Result<(), Error> {
    linker.func_wrap(
        "env",
        "proxy_define_metric",
        |mut caller: Caller<'_, State>, _: u32, _: u32, _: u32, id: u32| -> Result<u32, Error> {
            let status = enter(&mut caller, "proxy_define_metric")?;
            write(&mut caller, id, &1_u32.to_le_bytes());
            Ok(status.unwrap_or(OK))
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_increment_metric",
        |mut caller: Caller<'_, State>, _: u32, _: i64| -> Result<u32, Error> {
            Ok(enter(&mut caller, "proxy_increment_metric")?.unwrap_or(OK))
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_get_metric",
        |mut caller: Caller<'_, State>, _: u32, value: u32| -> Result<u32, Error> {
            let status = enter(&mut caller, "proxy_get_metric")?;
            let senders = caller.data().rivals;
            write(&mut caller, value, &senders.to_le_bytes());
            Ok(status.unwrap_or(OK))
        },
    )?;
    Ok(())
}

/// What the standard library and the shell take from WASI. Nothing of it ends the process or writes anywhere.
fn wasi(linker: &mut Linker<State>) -> Result<(), Error> {
    const WASI: &str = "wasi_snapshot_preview1";
    linker.func_wrap(WASI, "random_get", |mut caller: Caller<'_, State>, at: u32, len: u32| -> Result<u32, Error> {
        if let Some(status) = enter(&mut caller, "random_get")? {
            return Ok(status);
        }
        let bytes: Vec<u8> = (0..len).map(|_| caller.data_mut().random()).collect();
        write(&mut caller, at, &bytes);
        Ok(OK)
    })?;
    linker.func_wrap(
        WASI,
        "clock_time_get",
        |mut caller: Caller<'_, State>, clock: u32, _: u64, time: u32| -> Result<u32, Error> {
            let status = enter(&mut caller, "clock_time_get")?;
            let nanos = if clock == 1 { caller.data().now } else { caller.data().wall() };
            write(&mut caller, time, &nanos.to_le_bytes());
            Ok(status.unwrap_or(OK))
        },
    )?;
    linker.func_wrap(WASI, "environ_get", |_: u32, _: u32| -> u32 { OK })?;
    linker.func_wrap(WASI, "environ_sizes_get", |mut caller: Caller<'_, State>, count: u32, size: u32| -> u32 {
        write(&mut caller, count, &[0; 4]);
        write(&mut caller, size, &[0; 4]);
        OK
    })?;
    linker.func_wrap(WASI, "fd_write", |_: u32, _: u32, _: u32, _: u32| -> u32 { OK })?;
    linker
        .func_wrap(WASI, "proc_exit", |_: u32| -> Result<(), Error> { Err(Error::new("the module wants to exit")) })?;
    Ok(())
}
