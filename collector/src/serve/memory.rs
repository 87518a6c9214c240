//! How much memory the process may use: what it was told, what its cgroup allows, or what the machine has.

use sysinfo::{MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System};

use crate::limits::memory::{LEAST, Memory};

/// What that leaves for ingest and for questions; the log says it.
pub(super) fn accounts(told: Option<u64>) -> Memory {
    let bytes = told.unwrap_or_else(found).max(LEAST);
    let memory = Memory::of(bytes);
    tracing::info!(
        bytes,
        ingest.senders = memory.ingest.senders,
        questions = memory.questions,
        "memory that may be used"
    );
    memory
}

/// What the cgroup of this process allows, be it a container's or a unit's; else all there is. Where nothing is found, the least that it can
/// run with.
fn found() -> u64 {
    let refresh = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let (mut system, own) = match (System::new_with_specifics(refresh), sysinfo::get_current_pid()) {
        (Ok(system), Ok(own)) => (system, own),
        (Err(error), _) | (_, Err(error)) => return unread(&error),
    };
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, ProcessRefreshKind::nothing());
    let limits = system.process(own).and_then(sysinfo::Process::cgroup_limits);
    let limit = limits.map(|limits| limits.total_memory).filter(|limit| *limit > 0);
    let total = system.total_memory();
    limit.map_or(total, |limit| limit.min(total))
}

fn unread(error: &sysinfo::Error) -> u64 {
    tracing::warn!(%error, "how much memory there is cannot be read: give --max-memory");
    LEAST
}
