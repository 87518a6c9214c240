//! Virtual hosts and routes of outbound and inbound listeners.

use std::time::Duration;

use serde_json::{Value, json};

/// How a route behaves; all off by default.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub timeout: Option<Duration>,
    pub per_try_timeout: Option<Duration>,
    /// (`retry_on`, `num_retries`).
    pub retries: Option<(String, u32)>,
    /// Path prefixes that the proxy answers itself.
    pub direct_responses: Vec<(String, u16)>,
}

pub fn virtual_host(name: &str, domains: &[&str], cluster: &str, policy: &Policy) -> Value {
    let mut routes: Vec<Value> = policy.direct_responses.iter().map(|(prefix, status)| {
        json!({"name": "direct", "match": {"prefix": prefix}, "direct_response": {"status": status}})
    }).collect();
    routes.push(json!({"name": "default", "match": {"prefix": "/"}, "route": action(cluster, policy)}));
    json!({"name": name, "domains": domains, "routes": routes})
}

fn action(cluster: &str, policy: &Policy) -> Value {
    let mut action = json!({"cluster": cluster, "timeout": seconds(policy.timeout.unwrap_or_default())});
    if policy.retries.is_some() || policy.per_try_timeout.is_some() {
        let (on, times) = policy.retries.clone().unwrap_or((String::new(), 0));
        action["retry_policy"] = json!({
            "retry_on": on,
            "num_retries": times,
            "retry_back_off": {"base_interval": "0.001s", "max_interval": "0.010s"},
        });
        if let Some(limit) = policy.per_try_timeout {
            action["retry_policy"]["per_try_timeout"] = json!(seconds(limit));
        }
    }
    action
}

fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_secs_f64())
}
