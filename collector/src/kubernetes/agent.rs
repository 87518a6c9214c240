//! What a proxy's agent says of the plugin when it is asked: its metrics, merged with Envoy's, as Prometheus reads them.
//! Pure; [`super::ask`] does the asking.

use std::collections::BTreeMap;

/// How often the agent fetched a module, by result.
const FETCHES: &str = "istio_agent_wasm_remote_fetch_count";
/// How often the agent turned a plugin's remote configuration into one with a local file, by result.
const CONVERSIONS: &str = "istio_agent_wasm_config_conversion_count";
/// Envoy's gauge of machines that run a module.
const MACHINES: &str = "envoy_wasm_envoy_wasm_runtime_v8_active";
/// No failure: there was nothing to fetch, as for a local module or a filter that is no module.
const NOTHING_TO_FETCH: &str = "no_remote_load";
/// The filter that lets everything pass, which stands in for a module that could not be had.
const STAND_INS: [&str; 2] = ["wasm-default-allow", "wasm_default_allow"];

/// What an agent answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentAnswer {
    /// Its metrics.
    Metrics(Plugins),
    /// Nothing that can be used, and why.
    Silence(String),
}

/// What of its metrics concerns plugins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plugins {
    /// Fetches of modules, by result.
    pub fetches: BTreeMap<String, u64>,
    /// Configurations turned into local ones, by result.
    pub conversions: BTreeMap<String, u64>,
    /// Machines that run a module; `None` where nothing of Envoy is in the answer.
    pub machines: Option<u64>,
    /// A filter that lets everything pass stands in for a module.
    pub has_stand_in: bool,
}

impl Plugins {
    /// Reads Prometheus's text.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut plugins = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let name = series.split('{').next().unwrap_or_default();
            // An Envoy that never ran a module has no gauge of machines.
            if name.starts_with("envoy_") {
                plugins.machines.get_or_insert_default();
            }
            if name == FETCHES {
                count(&mut plugins.fetches, series, value);
            } else if name == CONVERSIONS {
                count(&mut plugins.conversions, series, value);
            } else if name == MACHINES {
                *plugins.machines.get_or_insert_default() += whole(value);
            } else if STAND_INS.iter().any(|stand_in| series.contains(stand_in)) {
                plugins.has_stand_in = true;
            }
        }
        plugins
    }

    /// True when a module was fetched, at any time since the agent began.
    #[must_use]
    pub fn has_fetched(&self) -> bool {
        self.fetches.contains_key("success")
    }

    /// Results that were failures, as `checksum_mismatched (3)`: of whichever plugins, for the agent does not tell them apart.
    #[must_use]
    pub fn failures(&self) -> String {
        let all = self.fetches.iter().chain(&self.conversions);
        all.filter(|(result, _)| !matches!(result.as_str(), "success" | NOTHING_TO_FETCH))
            .map(|(result, count)| format!("{result} ({count})"))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

fn count(results: &mut BTreeMap<String, u64>, series: &str, value: &str) {
    if let (Some(result), count @ 1..) = (label(series, "result"), whole(value)) {
        *results.entry(result.to_owned()).or_default() += count;
    }
}

/// A gauge or counter; what is no number counts as nothing.
fn whole(value: &str) -> u64 {
    let digits = value.split(['.', 'e', 'E']).next().unwrap_or_default();
    match value.parse::<u64>() {
        Ok(whole) => whole,
        Err(_) if value.contains(['e', 'E']) => u64::from(value.parse::<f64>().is_ok_and(|number| number > 0.0)),
        Err(_) => digits.parse().unwrap_or_default(),
    }
}

fn label<'a>(series: &'a str, key: &str) -> Option<&'a str> {
    let (_, labels) = series.split_once('{')?;
    let (_, rest) = labels.split_once(&format!("{key}=\""))?;
    rest.split('"').next()
}
