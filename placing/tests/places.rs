//! Where ends stand: entry points first, what is asked behind who asks, a newcomer beside what it has edges with.

use hogusu_placing::{COLUMNS, Epoch};

use crate::chance::Chance;
use crate::mesh::Mesh;

fn chain() -> Mesh {
    let mut mesh = Mesh::default();
    for (name, namespace) in [("frontend", "shop"), ("checkout", "shop"), ("cart", "shop"), ("stock", "stock")] {
        mesh.ends.insert(name.to_owned(), namespace.to_owned());
    }
    mesh.edge("frontend", "checkout", 50);
    mesh.edge("frontend", "cart", 20);
    mesh.edge("checkout", "stock", 40);
    mesh
}

fn column(epoch: &Epoch, mesh: &Mesh, name: &str) -> i32 {
    epoch.place(&mesh.end(name)).unwrap().column
}

#[test]
fn columns_begin_with_entry_points_and_edges_without_cycles_lead_to_the_right() {
    let mesh = chain();
    let epoch = Epoch::begin(&mesh.graph(), 1);
    assert_eq!(["frontend", "checkout", "cart", "stock"].map(|name| column(&epoch, &mesh, name)), [0, 1, 1, 2]);
    let layered = Mesh::layered(&mut Chance::new(3), 6, 20, 4);
    let epoch = Epoch::begin(&layered.graph(), 1);
    for (source, destination) in layered.edges.keys() {
        assert!(column(&epoch, &layered, source) < column(&epoch, &layered, destination));
    }
}

#[test]
fn of_a_cycle_the_edge_with_least_traffic_leads_back() {
    let mut mesh = chain();
    mesh.edge("stock", "checkout", 3);
    let epoch = Epoch::begin(&mesh.graph(), 1);
    assert_eq!(["frontend", "checkout", "stock"].map(|name| column(&epoch, &mesh, name)), [0, 1, 2]);
    mesh.edge("stock", "checkout", 900);
    let epoch = Epoch::begin(&mesh.graph(), 1);
    // What leads back gives no column: nobody else asks stock.
    assert_eq!(["frontend", "stock", "checkout"].map(|name| column(&epoch, &mesh, name)), [0, 0, 1]);
}

#[test]
fn a_newcomer_stands_behind_its_sources_and_before_its_destinations() {
    let mut mesh = chain();
    let mut epoch = Epoch::begin(&mesh.graph(), 1);
    for (name, namespace) in [("pricing", "shop"), ("gateway", "edge"), ("cron", "stock"), ("audit", "stock")] {
        mesh.ends.insert(name.to_owned(), namespace.to_owned());
    }
    mesh.edge("checkout", "pricing", 1);
    mesh.edge("gateway", "frontend", 1);
    mesh.edge("cron", "stock", 1);
    mesh.edge("stock", "audit", 1);
    assert_eq!(epoch.grow(&mesh.graph(), 1).added, 4);
    assert_eq!(["pricing", "gateway", "cron", "audit"].map(|name| column(&epoch, &mesh, name)), [2, -1, 1, 3]);
    assert_eq!((epoch.began_with(), epoch.added()), (4, 4));
}

#[test]
fn a_newcomer_stands_between_those_that_its_neighbours_are_beside() {
    let mut mesh = Mesh::default();
    for row in 0..10 {
        let (source, destination) = (format!("s{row}"), format!("d{row}"));
        mesh.ends.insert(source.clone(), "ns".to_owned());
        mesh.ends.insert(destination.clone(), "ns".to_owned());
        mesh.edge(&source, &destination, 5);
    }
    let mut epoch = Epoch::begin(&mesh.graph(), 1);
    mesh.ends.insert("new".to_owned(), "ns".to_owned());
    mesh.edge("s4", "new", 1);
    mesh.edge("s5", "new", 1);
    epoch.grow(&mesh.graph(), 1);
    let row = |name: &str| epoch.place(&mesh.end(name)).unwrap().row;
    assert!(row("new") > row("d4") && row("new") < row("d6"), "{:?}", row("new"));
    assert!(mesh.around("new").iter().all(|source| column(&epoch, &mesh, source) == 0));
}

#[test]
fn later_edges_move_no_column_and_depth_is_bounded() {
    let mut mesh = Mesh::default();
    for depth in 0..500 {
        mesh.ends.insert(format!("w{depth:03}"), "ns".to_owned());
        mesh.edge(&format!("w{depth:03}"), &format!("w{:03}", depth + 1), 1);
    }
    let mut epoch = Epoch::begin(&mesh.graph(), 1);
    assert_eq!(column(&epoch, &mesh, "w010"), 10);
    assert_eq!(column(&epoch, &mesh, "w499"), COLUMNS - 1);
    mesh.edge("w400", "w000", 1_000);
    assert!(!epoch.grow(&mesh.graph(), 1).is_changed);
}
