//! A configuration that is refused: the filter observes all the same, and says so.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fake::{Collector, Exchange, Stage};
use crate::host::Stat;

#[test]
fn a_refused_configuration_observes_and_says_so_in_log_statistic_and_every_batch() {
    let mut stage = Stage::new(r#"{"version":1,"max_edge":5}"#);
    let mut collector = Collector::default();
    assert!(stage.host.has_logged("max_edge"));
    assert_eq!(stage.host.stat(Stat::ConfigurationRefused), 1);
    stage.count(&Exchange::outbound());
    collector.take(&stage.until_post().body);
    assert_eq!((collector.exchanges(), collector.headers[0].counters.configuration_refused), (1, 1));
}
