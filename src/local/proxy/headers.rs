//! What of a message's head is between two neighbours only, and what the next one must know. Pure.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{self, HeaderName, HeaderValue};

/// Headers that end at a neighbour (RFC 9110, 7.6.1), and those that people still send like them.
const NEIGHBOUR: [HeaderName; 7] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The protocol a request wants to change to, if it does.
pub fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let asked = headers.get_all(header::CONNECTION).iter().filter_map(|it| it.to_str().ok());
    let asked = asked.flat_map(|it| it.split(',')).any(|it| it.trim().eq_ignore_ascii_case("upgrade"));
    headers.get(header::UPGRADE).filter(|_| asked).cloned()
}

/// Takes out what is not meant for the next one.
pub fn strip(headers: &mut HeaderMap) {
    let mut named: Vec<HeaderName> = Vec::new();
    for value in headers.get_all(header::CONNECTION) {
        let listed = value.to_str().unwrap_or_default().split(',').map(str::trim);
        named.extend(listed.filter(|it| !is_plain(it)).filter_map(|it| it.parse().ok()));
    }
    for name in named.iter().chain(&NEIGHBOUR).chain([&PROXY_CONNECTION]) {
        headers.remove(name);
    }
}

/// Words of `Connection` that name no header beyond those removed anyway.
fn is_plain(word: &str) -> bool {
    word.is_empty() || ["keep-alive", "close", "upgrade"].iter().any(|it| word.eq_ignore_ascii_case(it))
}

/// Makes a request's head ready for a replica.
pub fn towards_replica(headers: &mut HeaderMap, peer: IpAddr, authority: &str) {
    let change = upgrade(headers);
    strip(headers);
    // The proxy has answered `100-continue` itself by reading the body.
    headers.remove(header::EXPECT);
    if let Some(protocol) = change {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, protocol);
    }
    if !headers.contains_key(header::HOST)
        && let Ok(host) = HeaderValue::from_str(authority)
    {
        headers.insert(header::HOST, host);
    }
    if let Some(host) = headers.get(header::HOST).cloned() {
        headers.entry(FORWARDED_HOST).or_insert(host);
    }
    headers.entry(FORWARDED_PROTO).or_insert(HeaderValue::from_static("http"));
    let before = headers.get_all(&FORWARDED_FOR).iter().filter_map(|it| it.to_str().ok()).collect::<Vec<_>>().join(", ");
    let chain = if before.is_empty() { peer.to_string() } else { format!("{before}, {peer}") };
    if let Ok(chain) = HeaderValue::from_str(&chain) {
        headers.insert(FORWARDED_FOR, chain);
    }
}

/// Bytes a head takes on the wire, near enough for a chart.
pub fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn what_is_for_the_neighbour_stays_with_the_neighbour() {
        let mut headers = head(&[
            ("host", "shop.test"),
            ("connection", "keep-alive, X-Secret-Hop"),
            ("x-secret-hop", "1"),
            ("keep-alive", "5"),
            ("te", "trailers"),
            ("proxy-authorization", "Basic x"),
            ("expect", "100-continue"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-own", "stays"),
        ]);
        towards_replica(&mut headers, IpAddr::from([127, 0, 0, 1]), "127.0.0.1:1");
        let mut names: Vec<_> = headers.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap())).collect();
        names.sort();
        let wanted = [
            "host=shop.test",
            "x-forwarded-for=10.0.0.1, 127.0.0.1",
            "x-forwarded-host=shop.test",
            "x-forwarded-proto=http",
            "x-own=stays",
        ];
        assert_eq!(names, wanted);
    }

    #[test]
    fn an_upgrade_is_passed_on_only_when_the_connection_asks_for_it() {
        let mut asked = head(&[("connection", "Upgrade"), ("upgrade", "websocket")]);
        towards_replica(&mut asked, IpAddr::from([127, 0, 0, 1]), "a:1");
        assert_eq!(asked.get("upgrade").unwrap(), "websocket");
        let mut idle = head(&[("upgrade", "h2c")]);
        towards_replica(&mut idle, IpAddr::from([127, 0, 0, 1]), "a:1");
        assert!(!idle.contains_key("upgrade"));
    }
}
