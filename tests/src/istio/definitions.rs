//! Istio's own custom resource definitions, put on the API server as its release has them. Knows none of their kinds.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::eventually::{Seen, eventually};
use crate::istio::api::{Connection, YAML};
use crate::istio::programs::program;

const LIMIT: Duration = Duration::from_secs(60);
const PATH: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// What is read of them.
#[derive(Deserialize)]
struct Definitions {
    items: Vec<Definition>,
}

#[derive(Deserialize)]
struct Definition {
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    group: String,
    names: Names,
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Names {
    plural: String,
}

#[derive(Deserialize)]
struct Version {
    name: String,
    storage: bool,
}

pub async fn create(api: &mut Connection) -> Result<()> {
    let file = std::fs::read_to_string(program("crds.yaml"))?;
    for definition in file.split("\n---").filter(|part| part.contains("kind: CustomResourceDefinition")) {
        api.create(PATH, YAML, definition.to_owned()).await?;
    }
    Ok(())
}

/// Waits until each can be watched: istiod, told that one cannot yet, asks again more than a second later.
pub async fn until_served(api: &mut Connection) -> Result<()> {
    let definitions: Definitions = serde_json::from_slice(&api.get(PATH).await?)?;
    for Definition { spec: Spec { group, names, versions } } in &definitions.items {
        let version = versions.iter().find(|version| version.storage).context("a version that is stored")?;
        let path = format!("/apis/{group}/{}/{}?watch=true", version.name, names.plural);
        eventually(&format!("{path} is served"), LIMIT, async || match api.status(&path).await {
            Ok(200) => Seen::Done(()),
            other => Seen::Waiting(format!("{other:?}")),
        })
        .await?;
    }
    Ok(())
}
