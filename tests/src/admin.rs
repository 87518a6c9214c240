//! Envoy's admin port: stats, listeners, readiness. Reads only what scenarios and the harness ask for.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use hyper::Request;
use serde_json::Value;

use crate::client;

#[derive(Clone, Copy, Debug)]
pub struct Admin {
    address: SocketAddr,
}

impl Admin {
    pub fn new(address: SocketAddr) -> Self {
        Self { address }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn get(&self, path: &str) -> Result<String> {
        let answer = client::get(self.address, path).await?;
        if !answer.status().is_success() {
            bail!("{path} answered {}", answer.status());
        }
        Ok(String::from_utf8_lossy(answer.body()).into_owned())
    }

    pub async fn post(&self, path: &str) -> Result<String> {
        let request = Request::post(path).header("host", "admin").body(client::Body::default())?;
        let answer = client::fetch(self.address, request).await?;
        if !answer.status().is_success() {
            bail!("{path} answered {}", answer.status());
        }
        Ok(String::from_utf8_lossy(answer.body()).into_owned())
    }

    pub async fn is_ready(&self) -> bool {
        self.get("/ready").await.is_ok()
    }

    /// Counters and gauges whose name matches the regular expression.
    pub async fn stats(&self, filter: &str) -> Result<BTreeMap<String, u64>> {
        let text = self.get(&format!("/stats?filter={}", escape(filter))).await?;
        let pairs = text.lines().filter_map(|line| line.rsplit_once(": "));
        Ok(pairs.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect())
    }

    /// The sum of the counters and gauges that match.
    pub async fn sum(&self, filter: &str) -> Result<u64> {
        Ok(self.stats(filter).await?.values().sum())
    }

    /// A text readout such as `listener_manager.lds.version_text`, without its quotes.
    pub async fn readout(&self, name: &str) -> Result<String> {
        let text = self.get(&format!("/stats?filter=^{}$", escape(name))).await?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        Ok(value.unwrap_or_default().trim_matches('"').to_owned())
    }

    /// Listener name -> the address it really listens on.
    pub async fn listeners(&self) -> Result<BTreeMap<String, SocketAddr>> {
        let text = self.get("/listeners?format=json").await?;
        let json: Value = serde_json::from_str(&text)?;
        let mut found = BTreeMap::new();
        for listener in json["listener_statuses"].as_array().into_iter().flatten() {
            let name = listener["name"].as_str().context("a listener without a name")?;
            let socket = &listener["local_address"]["socket_address"];
            let (host, port) = (socket["address"].as_str().unwrap_or_default(), &socket["port_value"]);
            if let Ok(address) = format!("{host}:{port}").parse() {
                found.insert(name.to_owned(), address);
            }
        }
        Ok(found)
    }
}

/// Percent-encodes what a query value cannot hold; filters are short regular expressions.
fn escape(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"._-*^$".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
