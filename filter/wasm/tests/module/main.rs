//! The compiled module in a scripted proxy: what it asks of its host for each exchange, that its memory stays where it is,
//! and that nothing a host answers stops it. Reads `target/wasm/hogusu.wasm`, or the file that HOGUSU_WASM names.
#![cfg(not(target_family = "wasm"))]

#[cfg(test)]
mod abi;
#[cfg(test)]
mod backlog;
#[cfg(test)]
mod host_calls;
#[cfg(test)]
mod hostility;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod shown;
#[cfg(test)]
mod streams;
