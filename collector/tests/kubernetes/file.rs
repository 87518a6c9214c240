//! The record's file: a restarted collector knows what the one before it knew.

use hogusu_collector::kubernetes::file::{FileError, RecordFile};
use hogusu_collector::kubernetes::history::History;
use redb::backends::FileBackend;
use redb::{Database, TableDefinition};

use crate::history::pod;
use crate::manifests::SECOND;

fn all(history: &History) -> Vec<hogusu_collector::kubernetes::pod::Tenure> {
    history.within(0, u64::MAX).cloned().collect()
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubernetes.redb");
    let (file, mut history) = RecordFile::open(&path).unwrap();
    assert!(history.is_empty());
    history.watched(1_000 * SECOND);
    history.seen(pod("a", "10.0.0.1"), 990 * SECOND, 1_000 * SECOND);
    history.seen(pod("b", "fd00::2"), 990 * SECOND, 1_000 * SECOND);
    history.gone("a", 1_010 * SECOND);
    file.write(&history.take_changes()).unwrap();
    drop(file);

    let (file, mut restored) = RecordFile::open(&path).unwrap();
    assert_eq!((all(&restored), restored.watched_to()), (all(&history), 1_000 * SECOND));
    assert_eq!(restored.pods(), 1, "the other one had ended");
    // It goes on where it was: the same pod is the same stretch, and one that is gone ended while nobody watched.
    restored.seen(pod("b", "fd00::2"), 990 * SECOND, 9_000 * SECOND);
    assert_eq!(restored.take_changes().tenures, []);
    restored.retain(2_000 * SECOND);
    file.write(&restored.take_changes()).unwrap();
    drop(file);
    assert_eq!(all(&RecordFile::open(&path).unwrap().1).len(), 1);
}

#[test]
fn a_file_that_was_written_as_a_whole_holds_all_of_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubernetes.redb");
    let mut history = History::default();
    history.watched(1_000 * SECOND);
    history.seen(pod("a", "10.0.0.1"), 990 * SECOND, 1_000 * SECOND);
    history.seen(pod("b", "fd00::2"), 990 * SECOND, 1_000 * SECOND);
    history.gone("a", 1_010 * SECOND);
    let file = std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path).unwrap();
    RecordFile::whole(FileBackend::new(file).unwrap(), &history).unwrap();
    let restored = RecordFile::open(&path).unwrap().1;
    assert_eq!((all(&restored), restored.watched_to(), restored.pods()), (all(&history), 1_000 * SECOND, 1));
}

#[test]
fn a_file_of_another_format_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubernetes.redb");
    drop(RecordFile::open(&path).unwrap());
    let database = Database::create(&path).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(TableDefinition::<&str, u64>::new("meta")).unwrap().insert("format", 2).unwrap();
    write.commit().unwrap();
    drop(database);
    let refused = RecordFile::open(&path).unwrap_err();
    assert!(matches!(refused, FileError::Format { found: 2, .. }), "{refused}");
    assert!(refused.to_string().contains("kubernetes.redb has format 2"), "{refused}");
}

#[test]
fn a_file_that_is_none_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubernetes.redb");
    std::fs::write(&path, "no database").unwrap();
    let refused = RecordFile::open(&path).unwrap_err().to_string();
    assert!(refused.contains("kubernetes.redb") && refused.contains("move it away"), "{refused}");
}
