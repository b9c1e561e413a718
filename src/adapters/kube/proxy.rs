//! Which proxy a server is reached through.
//!
//! Decided here, as Go's net/http does it, because kube's loader compares `NO_PROXY` with the proxy's own
//! host and reads no `HTTP_PROXY`.

use http::Uri;
use std::fmt;
use std::net::IpAddr;

/// The proxy variables of the environment; empty where unset.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// `HTTPS_PROXY`, for https servers.
    pub https: String,
    /// `HTTP_PROXY`, for http servers.
    pub http: String,
    /// `NO_PROXY`: names, `.domains`, addresses, CIDR ranges, `*`; each may end in `:port`.
    pub none: String,
}

impl fmt::Debug for Proxies {
    /// Proxy URLs may hold a password: only whether they are set.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Proxies {{ https: {}, http: {}, none: {:?} }}",
            !self.https.is_empty(),
            !self.http.is_empty(),
            self.none
        )
    }
}

impl Proxies {
    /// Out of the environment, upper case first.
    pub fn from_env() -> Self {
        let read = |upper: &str, lower: &str| {
            [upper, lower]
                .iter()
                .filter_map(|name| std::env::var(name).ok())
                .find(|v| !v.is_empty())
                .unwrap_or_default()
        };
        Self {
            https: read("HTTPS_PROXY", "https_proxy"),
            http: read("HTTP_PROXY", "http_proxy"),
            none: read("NO_PROXY", "no_proxy"),
        }
    }

    /// The proxy for a server, or `None` for a direct connection.
    pub fn choose(&self, server: &Uri) -> Option<&str> {
        let proxy = if server.scheme_str() == Some("http") { &self.http } else { &self.https };
        if proxy.is_empty() || self.bypasses(server) { None } else { Some(proxy) }
    }

    fn bypasses(&self, server: &Uri) -> bool {
        let host = bare_host(server);
        if is_loopback(&host) {
            return true;
        }
        let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 });
        self.none.split(',').map(str::trim).any(|entry| matches_entry(entry, &host, port))
    }
}

/// The host in lower case, without the brackets of an IPv6 address.
pub(super) fn bare_host(server: &Uri) -> String {
    server.host().unwrap_or_default().trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase()
}

/// Whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn matches_entry(entry: &str, host: &str, port: u16) -> bool {
    if entry.is_empty() {
        return false;
    }
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        return in_network(network, bits, host);
    }
    let (name, wanted) = split_port(entry);
    if wanted.is_some_and(|wanted| wanted != port) {
        return false;
    }
    let name = name.trim_matches(['[', ']']).to_ascii_lowercase();
    if let (Ok(a), Ok(b)) = (name.parse::<IpAddr>(), host.parse::<IpAddr>()) {
        return a == b;
    }
    let name = name.strip_prefix('*').unwrap_or(&name);
    match name.strip_prefix('.') {
        Some(domain) => !domain.is_empty() && host.strip_suffix(domain).is_some_and(|head| head.ends_with('.')),
        None => host == name || host.strip_suffix(name).is_some_and(|head| !name.is_empty() && head.ends_with('.')),
    }
}

/// `host:port` in two, where there is a port and the host is no bare IPv6 address.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    match entry.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn in_network(network: &str, bits: &str, host: &str) -> bool {
    let (Ok(network), Ok(bits), Ok(host)) = (network.parse::<IpAddr>(), bits.parse::<u32>(), host.parse::<IpAddr>())
    else {
        return false;
    };
    let (a, b, width) = match (network, host) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    if bits > width {
        return false;
    }
    let shift = width - bits;
    a.checked_shr(shift).unwrap_or(0) == b.checked_shr(shift).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rstest::rstest;

    fn proxies(none: &str) -> Proxies {
        Proxies { https: "http://proxy:3128".into(), http: "http://plain:80".into(), none: none.into() }
    }

    #[rstest]
    #[case("", "https://a.eks.amazonaws.com", Some("http://proxy:3128"))]
    #[case("", "http://a.example", Some("http://plain:80"))]
    #[case("", "https://127.0.0.1:6443", None)]
    #[case("", "https://[::1]:6443", None)]
    #[case("*", "https://a.example", None)]
    #[case("example", "https://a.example", None)]
    #[case(".example", "https://a.example", None)]
    #[case(".example", "https://example", Some("http://proxy:3128"))]
    #[case("xample", "https://a.example", Some("http://proxy:3128"))]
    #[case("*.example", "https://a.example", None)]
    #[case("a.example:443", "https://a.example", None)]
    #[case("a.example:6443", "https://a.example", Some("http://proxy:3128"))]
    #[case("10.0.0.0/8, 192.168.1.1", "https://10.2.3.4", None)]
    #[case("10.0.0.0/8, 192.168.1.1", "https://192.168.1.1:6443", None)]
    #[case("10.0.0.0/8", "https://11.2.3.4", Some("http://proxy:3128"))]
    #[case("0.0.0.0/0", "https://11.2.3.4", None)]
    #[case("10.0.0.0/99", "https://10.2.3.4", Some("http://proxy:3128"))]
    #[case("fd00::/8", "https://[fd00::1]", None)]
    #[case("fd00::1", "https://[fd00::1]:6443", None)]
    #[case(",,.", "https://a.example", Some("http://proxy:3128"))]
    fn e16_no_proxy_is_matched_as_go_does(#[case] none: &str, #[case] server: &str, #[case] expected: Option<&str>) {
        assert_eq!(proxies(none).choose(&server.parse().unwrap()), expected);
    }

    #[test]
    fn a_proxys_password_is_not_in_debug() {
        let proxies = Proxies { https: "http://u:hunter2@p".into(), ..Proxies::default() };
        assert!(!format!("{proxies:?}").contains("hunter2"));
    }
}
