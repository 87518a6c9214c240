//! The collector as a process in the harness: killed, started again where it was, refused a second time on the same folder.

use std::net::SocketAddr;

use hogusu_tests::collector::Collector;
use hogusu_tests::scenario;

#[test]
fn a_killed_collector_comes_back_where_it_was() {
    scenario::run("collector_comes_back", async |workdir| {
        let learnt = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut collector = Collector::start(learnt, &workdir.folder("collector")?, &[]).await?;
        let address = collector.address();
        assert_eq!(collector.get("/healthz").await?.0, 200);
        let (status, words) = collector.start_second().await?;
        assert!(!status.success(), "a second process on the same folder is refused");
        assert!(words.contains("data"), "it says which folder: {words}");
        assert_eq!(collector.kill().await?.code(), None);
        assert!(collector.get("/healthz").await.is_err());
        collector.restart().await?;
        assert_eq!(collector.address(), address);
        assert_eq!(collector.get("/readyz").await?.0, 200);
        assert!(
            collector.post("/v1/metrics", &[("content-type", "application/x-protobuf")], vec![0xff; 9]).await?.0 >= 400
        );
        assert!(collector.stop().await?.success(), "SIGTERM is an orderly end");
        Ok(())
    });
}
