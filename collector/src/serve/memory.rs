//! How much memory the process may use: what it was told, what its cgroup allows, or what the machine has.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

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

/// In a container the limit of the cgroup; else all there is. Where nothing is found, the least that it can run with.
fn found() -> u64 {
    let refresh = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = match System::new_with_specifics(refresh) {
        Ok(system) => system,
        Err(error) => {
            tracing::warn!(%error, "how much memory there is cannot be read: give --max-memory");
            return LEAST;
        }
    };
    let total = system.total_memory();
    let limit = system.cgroup_limits().map(|limits| limits.total_memory).filter(|limit| *limit > 0);
    limit.map_or(total, |limit| limit.min(total))
}
