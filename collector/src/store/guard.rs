//! Where redb is called: what it finds damaged, and a panic of it, costs the file and nothing else.
//!
//! A panic anywhere else ends the process as before: the rest of it would go on with half of a change.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

use super::StoreError;
use super::summed::Knowledge;

/// What the kernel says of a sector that cannot be read (EIO).
const UNREADABLE: i32 = 5;

thread_local! {
    /// Whether a panic of this thread is caught.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Lets a panic end the process, but where it is caught and costs one file.
pub fn end_on_panic() {
    let say = take_hook();
    set_hook(Box::new(move |panic| {
        say(panic);
        if !IS_GUARDED.get() {
            std::process::abort();
        }
    }));
}

/// Does something with a file: where it shows that this is damaged, the error names it, and that is noted.
pub(super) fn attempt<T>(
    name: &str,
    knowledge: &Knowledge,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let reason = match caught(work) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error @ StoreError::Unwanted(_))) => return Err(error),
        Ok(Err(error)) if knowledge.flaw().is_some() || is_damage(&error) => reason(error),
        Ok(Err(error)) => return Err(error),
        Err(panic) => format!("what it holds made redb panic: {panic}"),
    };
    Err(StoreError::damaged(name, knowledge.is_flawed(reason)))
}

/// Lets something go that redb may have left in disorder.
pub(super) fn dispose<T>(value: T) {
    drop(caught(|| drop(value)));
}

fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let was_guarded = IS_GUARDED.replace(true);
    // What it worked on is not used any more: the file is left out.
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(was_guarded);
    done.map_err(|panic| message(&*panic))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}

/// Whether an error says that the file's bytes are not what they should be, not that the system lacks something.
fn is_damage(error: &StoreError) -> bool {
    use redb::Error as Redb;
    match error {
        StoreError::Damaged { .. } | StoreError::Garbled { .. } => true,
        StoreError::Folder(error) => is_unreadable(error),
        StoreError::Open { error, .. } | StoreError::Redb(error) => match &**error {
            Redb::Io(error) => is_unreadable(error),
            Redb::Corrupted(_)
            | Redb::UpgradeRequired(_)
            | Redb::RepairAborted
            | Redb::TableTypeMismatch { .. }
            | Redb::TableIsMultimap(_)
            | Redb::TypeDefinitionChanged { .. }
            | Redb::TableDoesNotExist(_) => true,
            _ => false,
        },
        _ => false,
    }
}

fn reason(error: StoreError) -> String {
    match error {
        StoreError::Damaged { reason, .. } => reason,
        StoreError::Garbled { .. } => "a value in it cannot be read".to_owned(),
        StoreError::Open { error, .. } | StoreError::Redb(error) => error.to_string(),
        other => other.to_string(),
    }
}

fn is_unreadable(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
        || error.raw_os_error() == Some(UNREADABLE)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Output};

    use super::*;

    /// What the kernel ends a process by that aborts itself.
    const SIGABRT: i32 = 6;

    /// Runs a test of this program alone, in a process of its own that is told to do what the parent must survive.
    fn in_a_process_of_its_own(test: &str) -> Option<Output> {
        if std::env::var_os("HOGUSU_TEST_CHILD").is_some() {
            return None;
        }
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", test, "--nocapture"]).env("HOGUSU_TEST_CHILD", "1");
        Some(child.output().unwrap())
    }

    #[test]
    fn a_panic_where_a_file_is_read_costs_the_file() {
        if let Some(ended) = in_a_process_of_its_own("store::guard::tests::a_panic_where_a_file_is_read_costs_the_file")
        {
            assert!(ended.status.success(), "{ended:?}");
            return;
        }
        end_on_panic();
        let knowledge = Knowledge::default();
        let error = attempt::<()>("2026-11-24.redb", &knowledge, || panic!("assertion failed: page")).unwrap_err();
        let said = "slots/2026-11-24.redb is damaged: what it holds made redb panic: assertion failed: page";
        assert_eq!(error.to_string(), said);
        assert!(knowledge.flaw().is_some(), "whoever else reads the file is told");
    }

    #[test]
    fn a_panic_elsewhere_ends_the_process_and_is_said() {
        if let Some(ended) =
            in_a_process_of_its_own("store::guard::tests::a_panic_elsewhere_ends_the_process_and_is_said")
        {
            assert_eq!(ended.status.signal(), Some(SIGABRT), "{ended:?}");
            assert!(String::from_utf8_lossy(&ended.stderr).contains("our own mistake"), "{ended:?}");
            return;
        }
        end_on_panic();
        drop(std::thread::spawn(|| panic!("our own mistake")).join());
    }
}
