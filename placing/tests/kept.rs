//! What is kept and for how long, and which records are believed.

use hogusu_placing::{End, Epoch, Graph, KEPT_DAYS, Lane, PLACES, Wrong};

use crate::chance::Chance;
use crate::mesh::Mesh;

#[test]
fn who_is_not_seen_for_thirty_days_is_forgotten_and_nobody_else() {
    let mut mesh = Mesh::random(&mut Chance::new(1), 20, 40, 3);
    let mut epoch = Epoch::begin(&mesh.graph(), 1);
    let gone = mesh.ends.keys().next().unwrap().clone();
    let (end, all) = (mesh.end(&gone), mesh.clone());
    let place = epoch.place(&end);
    mesh.ends.remove(&gone);
    assert_eq!(epoch.grow(&mesh.graph(), 1 + KEPT_DAYS).forgotten, 0);
    assert_eq!(epoch.place(&end), place);
    assert_eq!(epoch.grow(&mesh.graph(), 2 + KEPT_DAYS).forgotten, 1);
    assert_eq!((epoch.place(&end), epoch.len()), (None, 19));
    assert_eq!(epoch.grow(&all.graph(), 2 + KEPT_DAYS).added, 1);
    // A clock that goes back makes nobody older.
    assert!(!epoch.grow(&all.graph(), 1).is_changed);
}

#[test]
fn there_are_never_more_places_than_may_be_and_who_was_seen_last_keeps_his() {
    let end = |name: usize| End { lane: Lane::default(), kind: "address".to_owned(), name: name.to_string() };
    let graph = |range: std::ops::Range<usize>| Graph::new(range.map(end).collect(), []);
    let mut epoch = Epoch::begin(&graph(0..PLACES - 5), 1);
    epoch.grow(&graph(0..10), 2);
    let growth = epoch.grow(&graph(PLACES..PLACES + 20), 2);
    assert_eq!((growth.added, growth.forgotten, epoch.len()), (20, 15, PLACES));
    assert!((0..10).chain(PLACES..PLACES + 20).all(|name| epoch.place(&end(name)).is_some()));
    // All are there at once: those that come last have none.
    let mut epoch = Epoch::begin(&graph(0..PLACES), 1);
    let growth = epoch.grow(&graph(0..PLACES + 20), 1);
    assert_eq!((growth.added, growth.forgotten, epoch.len()), (0, 0, PLACES));
    assert_eq!(Epoch::begin(&graph(0..PLACES + 20), 1).len(), PLACES);
}

#[test]
fn a_record_gives_back_the_same_epoch_and_one_that_is_none_is_refused() {
    let mut chance = Chance::new(5);
    let (first, second) = (Mesh::random(&mut chance, 60, 150, 6), Mesh::random(&mut chance, 60, 150, 6));
    let mut epoch = Epoch::begin(&first.graph(), 1);
    epoch.grow(&second.graph(), 2);
    let record = epoch.record();
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(Epoch::restored(serde_json::from_str(&text).unwrap()), Ok(epoch));
    let wrong = |change: &dyn Fn(&mut hogusu_placing::EpochRecord)| {
        let mut record = record.clone();
        change(&mut record);
        Epoch::restored(record).unwrap_err()
    };
    assert_eq!(wrong(&|record| record.places[3].lane = 99), Wrong::Place(3));
    assert_eq!(wrong(&|record| record.places[3].column = 64), Wrong::Place(3));
    assert_eq!(wrong(&|record| record.places[3].row = i64::MAX), Wrong::Place(3));
    assert_eq!(wrong(&|record| record.places[4] = record.places[3].clone()), Wrong::Place(4));
    assert_eq!(wrong(&|record| record.lanes[1] = record.lanes[0].clone()), Wrong::Lane(1));
    assert_eq!(wrong(&|record| record.places = vec![record.places[0].clone(); PLACES + 1]), Wrong::TooMany);
}

#[test]
fn an_epoch_that_began_with_nothing_begins_with_the_first_that_is_seen() {
    let mesh = Mesh::random(&mut Chance::new(2), 20, 40, 3);
    let mut epoch = Epoch::begin(&Graph::default(), 1);
    assert!(!epoch.grow(&Graph::default(), 1).is_changed);
    assert_eq!(epoch.grow(&mesh.graph(), 1).added, 20);
    assert_eq!(epoch, Epoch::begin(&mesh.graph(), 1));
}
