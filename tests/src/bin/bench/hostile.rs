//! What many senders, and such as mean no good, cost the collector: each figure once was a hundred times worse, and stands beside its
//! bound. Memory is that of its process, as the kernel accounts it; the bounds are those of `collector/src/limits.rs`.

mod bodies;
mod memory;
mod posts;
mod questions;
mod senders;

use anyhow::Result;
use hogusu_tests::collector::Collector;

use crate::account::Account;
use crate::report::Row;
use crate::surroundings::Bench;

pub async fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = vec![bodies::refused(bench).await?, bodies::overtaking(bench).await?];
    rows.extend(senders::rows(bench).await?);
    rows.extend(memory::rows(bench).await?);
    Ok(rows)
}

/// A collector of its own, and its process.
async fn collector(bench: &Bench, name: &str) -> Result<(Collector, Account)> {
    let folder = bench.workdir.folder("hostile")?.join(name);
    let collector = Collector::start(([127, 0, 0, 1], 0).into(), &folder, &[]).await?;
    let account = Account::of(&collector)?;
    Ok((collector, account))
}
