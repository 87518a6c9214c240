//! What the chart refuses, and that it names the value: of another type, not in the schema, or two of which would count twice.

use anyhow::{Result, bail};
use hogusu_tests::istio::chart;
use serde_json::{Value, json};

use super::combinations::filter;
use super::schema::{self, OF_HELM, Place};
use crate::as_root;

/// What is in them is Kubernetes' own, and its API server refuses what it does not know.
const OF_KUBERNETES: [&str; 3] =
    ["/collector/affinity/nodeAffinity", "/collector/affinity/podAffinity", "/collector/affinity/podAntiAffinity"];

/// What helm says against these values.
async fn refusal(values: &Value) -> Result<String> {
    match chart::render(values, &[]).await {
        Ok(_) => bail!("{values} was accepted"),
        Err(error) => Ok(format!("{error:#}")),
    }
}

/// Values with something wrong at each of these places, in one rendering: helm says all that it has against them at once.
async fn refusal_at<'a>(places: impl Iterator<Item = &'a Place>, wrong: impl Fn(&Place) -> Value) -> Result<String> {
    let mut values = json!({});
    for place in places {
        schema::put(&mut values, &place.pointer, wrong(place));
    }
    refusal(&values).await
}

fn is_ours(place: &Place) -> bool {
    place.pointer != OF_HELM
}

#[test]
fn a_value_of_another_type_is_refused_by_its_name_wherever_it_stands() {
    as_root("chart_types", async |_| {
        let mut leaves = schema::leaves();
        leaves.retain(is_ours);
        let mut entries: Vec<_> = leaves.iter().filter_map(Place::entry).collect();
        entries.retain(is_ours);
        assert!(leaves.len() > 60 && entries.len() > 10, "{} leaves, {} entries", leaves.len(), entries.len());
        for places in [leaves, entries] {
            let said = refusal_at(places.iter(), Place::wrong).await?;
            for place in &places {
                let name = format!("at '{}': ", place.pointer);
                let line = said.lines().find(|line| line.contains(&name));
                let line = line.unwrap_or_else(|| panic!("{name} is not in: {said}"));
                assert!(line.contains(": got ") || line.contains(": value must be one of "), "{line}");
            }
        }
        Ok(())
    });
}

#[test]
fn a_key_that_is_not_in_the_schema_is_refused_by_its_name_wherever_it_stands() {
    as_root("chart_keys", async |_| {
        let mut objects = schema::places();
        objects.retain(Place::is_closed);
        assert!(objects.len() > 15, "{} objects", objects.len());
        let unknown = |place: &Place| Place { pointer: format!("{}/unknown", place.pointer), schema: json!({}) };
        let keys: Vec<_> = objects.iter().map(unknown).collect();
        let said = refusal_at(keys.iter(), |_| json!(1)).await?;
        for object in &objects {
            let name = format!("at '{}': additional properties 'unknown' not allowed", object.pointer);
            assert!(said.contains(&name), "{name} is not in: {said}");
        }
        Ok(())
    });
}

#[test]
fn null_takes_nothing_away_that_the_chart_cannot_do_without() {
    as_root("chart_required", async |_| {
        let (required, _) = schema::required_and_optional();
        let depth = |pointer: &str| pointer.matches('/').count();
        // By their depth: with an object its own keys are gone.
        for level in 1..=required.iter().map(|pointer| depth(pointer)).max().unwrap_or_default() {
            let mut values = json!({});
            let places: Vec<_> = required.iter().filter(|pointer| depth(pointer) == level).collect();
            places.iter().for_each(|pointer| schema::put(&mut values, pointer, Value::Null));
            let said = refusal(&values).await?;
            for (parent, key) in places.iter().filter_map(|pointer| pointer.rsplit_once('/')) {
                let name = format!("at '{parent}': missing propert");
                let line = said.lines().find(|line| line.contains(&name));
                let is_named = line.is_some_and(|line| line.contains(&format!("'{key}'")));
                assert!(is_named, "{parent}/{key} is not in: {said}");
            }
        }
        Ok(())
    });
}

#[test]
fn null_is_of_the_wrong_type_where_the_chart_has_no_value_of_its_own() {
    as_root("chart_nulls", async |_| {
        let (required, optional) = schema::required_and_optional();
        let is_own = |place: &Place| [&required, &optional].iter().any(|own| own.contains(&place.pointer));
        let mut places = schema::leaves();
        places.retain(|place| is_ours(place) && !is_own(place));
        assert!(places.len() > 15, "{} places", places.len());
        let said = refusal_at(places.iter(), |_| Value::Null).await?;
        for Place { pointer, .. } in &places {
            let of_type = said.contains(&format!("at '{pointer}': got null, want "));
            assert!(of_type || said.contains(&format!("at '{pointer}': value must be one of ")), "{pointer}: {said}");
        }
        Ok(())
    });
}

#[test]
fn whatever_holds_others_says_what_they_are() {
    let is_open = |place: &Place| {
        let holds = ["array", "object"].iter().any(|kind| place.schema["type"] == *kind);
        holds && !place.is_closed() && place.entry().is_none()
    };
    let mut open: Vec<_> = schema::places().into_iter().filter(is_open).map(|place| place.pointer).collect();
    open.retain(|pointer| pointer != OF_HELM);
    assert_eq!(open, OF_KUBERNETES);
}

#[test]
fn a_value_that_cannot_be_meant_is_refused_by_its_name() {
    as_root("chart_refusals", async |_| {
        let workload = json!({"namespace": "beta", "labels": {"app": "web"}});
        let waypoint = json!({"namespace": "beta", "name": "w"});
        let cases = [
            (
                json!({"scope": {"workloads": [{"namespace": "beta"}]}}),
                "at '/scope/workloads/0': missing property 'labels'",
            ),
            (json!({"filter": {"sha256": "abc"}}), "at '/filter/sha256': 'abc' does not match"),
            (json!({"filter": {"config": {"max_edges": 0}}}), "at '/filter/config/max_edges': minimum: got 0, want 1"),
            (json!({"collector": {"user": 0}}), "at '/collector/user': minimum: got 0, want 1"),
            (json!({"collector": {"namespace": "beta"}}), "collector.namespace: this release's collector is in"),
            (
                json!({"collector": {"podLabels": {"app.kubernetes.io/name": "mine"}}}),
                "collector.podLabels: app.kubernetes.io/name has to stay hogusu-collector",
            ),
            (
                json!({"collector": {"podLabels": {"sidecar.istio.io/inject": "false"}}}),
                "collector.podLabels: sidecar.istio.io/inject has to stay true",
            ),
            (json!({"scope": {"namespaces": ["beta"]}}), "filter.url: say where"),
            (
                json!({"scope": {"mesh": true, "namespaces": ["beta"]}, "filter": filter()}),
                "scope.mesh is the whole mesh",
            ),
            (json!({"scope": {"namespaces": ["istio-system"]}, "filter": filter()}), "Istio's root namespace"),
            (
                json!({"scope": {"namespaces": ["beta"], "workloads": [workload]}, "filter": filter()}),
                "would count twice",
            ),
            (json!({"scope": {"workloads": [workload, workload]}, "filter": filter()}), "is there twice"),
            (json!({"waypoints": [waypoint, waypoint], "filter": filter()}), "waypoints: beta/w is there twice"),
            (
                json!({"scope": {"namespaceSelector": {"hogusu": "on"}}, "filter": filter()}),
                "no namespace has the labels",
            ),
        ];
        for (values, name) in cases {
            let said = refusal(&values).await?;
            assert!(said.contains(name), "{values}: {said}");
        }
        Ok(())
    });
}
