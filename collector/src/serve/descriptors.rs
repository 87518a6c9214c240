//! How many connections this process can have: each is an open file, and journal and store need some, too.

use crate::limits;

/// As many as the limits allow, or as the system lets this process open.
pub(super) fn connections() -> usize {
    let said = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    soft(&said)
        .map_or(limits::CONNECTIONS, |files| files.saturating_sub(limits::OTHER_FILES).clamp(1, limits::CONNECTIONS))
}

/// The limit in force on open files; `None` where there is none, or where it cannot be read.
fn soft(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_in_force_is_read_and_none_is_none() {
        let said = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max open files            1024                 524288               files     \n";
        assert_eq!(soft(said), Some(1024));
        assert_eq!(
            (soft("Max open files            unlimited            unlimited            files"), soft("")),
            (None, None)
        );
        assert!((1..=limits::CONNECTIONS).contains(&connections()));
    }
}
