#![allow(warnings)]
#[path = "storage/batches.rs"]
mod batches;
use batches::*;
use hogusu_collector::{journal::Folder, store::SlotFolder, telemetry::Telemetry, writer::Writer};
use hogusu_model::*;
use hogusu_wire::*;
use std::time::Instant;
#[test]
fn measure() {
    let dir = tempfile::tempdir_in("/work").unwrap();
    let t = Telemetry::default();
    let (mut w, _) = Writer::open(
        Folder::open(dir.path().join("journal")).unwrap(),
        SlotFolder::open(dir.path().join("slots")).unwrap(),
        &t,
    )
    .unwrap();
    let begun = MIDNIGHT + 3600 * SECOND;
    for round in 0..3u64 {
        let mut bodies = vec![];
        for s in 0..2000u64 {
            let mut f = Filter::new(1, begun);
            let mut id = [0u8; 16];
            id[..8].copy_from_slice(&s.to_be_bytes());
            f.resource.sender = SenderId(id);
            f.resource.proxy.workload.name = format!("w{s}");
            f.resource.proxy.id = format!("sidecar~{s}");
            let h = BatchHeader {
                start: begun + round * 10 * SECOND,
                end: begun + round * 10 * SECOND + 10 * SECOND,
                sequence: round + 1,
                cumulative: 30 * (round + 1),
                ..Default::default()
            };
            let mut bw = BatchWriter::new(h.start, h.end);
            for e in 0..30u64 {
                let mut k = series();
                k.peer.workload.name = format!("orders-{e}");
                bw.series(
                    Measure::Request,
                    &encode_series(&k),
                    &SeriesData {
                        duration: Histogram::from_parts(0, 0, 80, (1..25).collect(), 1000).unwrap(),
                        ..Default::default()
                    },
                );
            }
            bodies.push(bw.finish(&encode_resource(&f.resource), &h));
        }
        let bytes: usize = bodies.iter().map(Vec::len).sum();
        let a = Instant::now();
        for g in bodies.chunks(512) {
            deliver(&mut w, g, begun + (round + 1) * 10 * SECOND);
        }
        let b = a.elapsed();
        let a = Instant::now();
        w.commit(begun + (round + 1) * 10 * SECOND).unwrap();
        let c = a.elapsed();
        let a = Instant::now();
        let p = w.view(begun, begun + 100 * SECOND).unwrap().period(begun + 100 * SECOND).unwrap();
        eprintln!(
            "round {round}: {} points {bytes} bytes in {b:?}, commit {c:?}, period {} rows {:?}",
            60000,
            p.rows.len(),
            a.elapsed()
        );
    }
    for e in std::fs::read_dir(dir.path().join("slots")).unwrap() {
        eprintln!("{:?}", e.unwrap().metadata().unwrap().len());
    }
}
