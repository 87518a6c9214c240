//! Whether the way to the API server leads through a proxy: what a kubeconfig's cluster names, else what the environment does. Pure.

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;

/// Variables that name a proxy, the first that is set; and those that name hosts to which none leads.
const PROXY: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// What names it in a kubeconfig.
const OF_KUBECONFIG: &str = "proxy-url";

/// A proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    /// Without credentials.
    pub(super) uri: Uri,
    /// For an HTTP proxy.
    pub(super) basic: Option<HeaderValue>,
    /// For a SOCKS proxy: user and password.
    pub(super) raw: Option<(String, String)>,
    /// `proxy-url`, or the variable's name.
    pub(super) named_by: &'static str,
}

/// What is named as a proxy and is none. What it is does not show, for it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "could not use the proxy that {named_by} names: give it as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT"
)]
pub struct Unusable {
    named_by: &'static str,
}

/// The proxy to `server`. As with kubectl, `of_cluster` (a kubeconfig's `proxy-url`) holds whatever the environment says.
pub(super) fn to(
    server: &Uri,
    of_cluster: Option<&str>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, Unusable> {
    let first = |names: [&'static str; 2]| {
        let set = names.into_iter().map(|name| (name, environment(name).unwrap_or_default()));
        set.into_iter().find(|(_, value)| !value.trim().is_empty())
    };
    if let Some(named) = of_cluster.filter(|named| !named.trim().is_empty()) {
        return usable(server, named, OF_KUBECONFIG).map(Some);
    }
    let Some((named_by, named)) = first(PROXY) else { return Ok(None) };
    let (_, exempt) = first(NO_PROXY).unwrap_or_default();
    if is_exempt(server, &exempt) { Ok(None) } else { usable(server, &named, named_by).map(Some) }
}

fn usable(server: &Uri, named: &str, named_by: &'static str) -> Result<Proxy, Unusable> {
    let found = Matcher::builder().all(named.trim()).build().intercept(server);
    let found = found.filter(|found| !matches!(found.uri().scheme_str(), Some("socks4" | "socks4a")));
    let found = found.ok_or(Unusable { named_by })?;
    let raw = found.raw_auth().map(|(user, password)| (user.to_owned(), password.to_owned()));
    Ok(Proxy { uri: found.uri().clone(), basic: found.basic_auth().cloned(), raw, named_by })
}

/// Whether one of these entries is the server: `*`, an address, a range of addresses, a domain with those below it; each with a port
/// where only that is meant. What is none of them exempts nothing.
fn is_exempt(server: &Uri, entries: &str) -> bool {
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 });
    let entries = entries.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
    let hosts: Vec<_> = entries.filter_map(|entry| host_of(entry, port)).collect();
    if hosts.contains(&"*") {
        return true;
    }
    // Whatever is asked here goes through a proxy, but for what is exempt.
    let matcher = Matcher::builder().all("http://proxy.invalid").no(hosts.join(",")).build();
    matcher.intercept(server).is_none()
}

/// An entry without its port; `None` where it is for another port than this.
fn host_of(entry: &str, port: u16) -> Option<&str> {
    let (host, of_port) = match entry.rsplit_once(':') {
        Some((host, digits)) if !host.contains(':') || host.ends_with(']') => (host, digits.parse().ok()),
        _ => (entry, Some(port)),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
    (of_port == Some(port) && !host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(server: &str, of_cluster: Option<&str>, set: &[(&str, &str)]) -> Result<Option<String>, Unusable> {
        let environment = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let found = to(&server.parse().unwrap(), of_cluster, environment)?;
        Ok(found.map(|proxy| format!("{} by {}", proxy.uri, proxy.named_by)))
    }

    #[test]
    fn without_a_proxy_the_way_is_straight() {
        assert_eq!(way("https://k:6443", None, &[]), Ok(None));
        assert_eq!(way("https://k:6443", Some(""), &[("HTTPS_PROXY", ""), ("HTTP_PROXY", "http://p:1")]), Ok(None));
    }

    #[test]
    fn the_environment_names_one_in_capitals_first() {
        let set = [("https_proxy", "http://small:1"), ("HTTPS_PROXY", "http://u:p%40@big:2")];
        assert_eq!(way("https://k:6443", None, &set), Ok(Some("http://big:2/ by HTTPS_PROXY".to_owned())));
        assert_eq!(way("http://k:80", None, &set[..1]), Ok(Some("http://small:1/ by https_proxy".to_owned())));
        assert_eq!(
            way("https://k", None, &[("HTTPS_PROXY", "p:3128")]).unwrap().unwrap(),
            "http://p:3128/ by HTTPS_PROXY"
        );
    }

    #[test]
    fn a_kubeconfig_names_one_whatever_the_environment_says() {
        let set = [("HTTPS_PROXY", "http://big:2"), ("NO_PROXY", "*")];
        let found = way("https://k", Some("socks5://own:1080"), &set);
        assert_eq!(found, Ok(Some("socks5://own:1080/ by proxy-url".to_owned())));
    }

    #[test]
    fn to_what_is_exempt_the_way_is_straight() {
        let exempt = |server: &str, no: &str| {
            way(server, None, &[("HTTPS_PROXY", "http://p:1"), ("no_proxy", no)]).unwrap().is_none()
        };
        for (server, no) in [
            ("https://10.96.0.1:443", "10.0.0.0/8"),
            ("http://127.0.0.1:8001", "localhost,127.0.0.1"),
            ("http://127.0.0.1:8001", " , 127.0.0.1:8001 ,"),
            ("https://127.0.0.1", "*"),
            ("https://[::1]:6443", "[::1]:6443"),
            ("https://[::1]:6443", "::1"),
            ("https://[fd00::7]:6443", "fd00::/8"),
            ("https://api.k.example.com:6443", "example.com"),
            ("https://api.k.example.com:6443", ".example.com"),
            ("https://api.k.example.com:6443", "*.k.example.com"),
            ("https://api.k.example.com", "api.k.example.com:443"),
            ("https://API.k.example.com", "not a host!, api.K.example.com"),
        ] {
            assert!(exempt(server, no), "{server} by {no}");
        }
        for (server, no) in [
            ("https://10.96.0.1", ""),
            ("https://10.96.0.1:6443", "10.96.0.1:443,11.0.0.0/8,p"),
            ("https://notexample.com", "example.com"),
            ("https://example.com:6443", "example.com:443"),
            ("https://k", "/var/run/docker.sock"),
        ] {
            assert!(!exempt(server, no), "{server} by {no}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_a_word_of_its_credentials() {
        for named in ["ftp://user:secret@p:1", "socks4://p:1", "http://", "://"] {
            let said = way("https://k", None, &[("HTTPS_PROXY", named)]).unwrap_err().to_string();
            assert!(said.contains("HTTPS_PROXY names") && !said.contains("secret"), "{named}: {said}");
        }
    }
}
