//! A pod's workload, by the rules of Istio's injector: the controller that owns it, a Deployment behind its ReplicaSet, a
//! CronJob behind its Job. Without a generated name the pod is its own workload.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

/// Names the workload itself, where somebody wants another name than its controller's.
const NAME_LABEL: &str = "service.istio.io/workload-name";

/// Name of the workload of the pod with this metadata.
#[must_use]
pub fn name(pod: &ObjectMeta) -> String {
    if let Some(chosen) = label(pod, NAME_LABEL) {
        return chosen.to_owned();
    }
    let own = pod.name.clone().unwrap_or_default();
    if pod.generate_name.as_deref().unwrap_or_default().is_empty() {
        return own;
    }
    let mut owners = pod.owner_references.iter().flatten();
    owners.find(|owner| owner.controller == Some(true)).map_or(own, |owner| of_controller(pod, owner))
}

fn of_controller(pod: &ObjectMeta, owner: &OwnerReference) -> String {
    let name = owner.name.as_str();
    let found = match owner.kind.as_str() {
        "ReplicaSet" => {
            let hashes = ["pod-template-hash", "rollouts-pod-template-hash"];
            let hash = hashes.into_iter().find_map(|key| label(pod, key));
            hash.and_then(|hash| name.strip_suffix(hash)?.strip_suffix('-'))
        }
        "ReplicationController" => label(pod, "deploymentconfig"),
        "Job" => of_cron_job(name),
        _ => None,
    };
    found.filter(|found| !found.is_empty()).unwrap_or(name).to_owned()
}

/// A CronJob's Job has its time as 8 to 10 digits at the end.
fn of_cron_job(job: &str) -> Option<&str> {
    let (name, time) = job.rsplit_once('-')?;
    let is_time = (8..=10).contains(&time.len()) && time.bytes().all(|byte| byte.is_ascii_digit());
    is_time.then_some(name)
}

fn label<'a>(pod: &'a ObjectMeta, key: &str) -> Option<&'a str> {
    pod.labels.as_ref()?.get(key).map(String::as_str).filter(|value| !value.is_empty())
}
