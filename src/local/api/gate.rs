//! The gate every request passes first: which host it was meant for, where it comes from, whose token it carries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::Uri;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, ORIGIN};

use crate::local::auth::{Found, Tokens};
use crate::model::time::Time;
use crate::wire::rest::Code;

use super::answer::Problem;

/// Longest path with query, in bytes.
const MAX_URL: usize = 8 * 1024;
/// Longest token looked at.
const MAX_TOKEN: usize = 256;

/// Refuses what was not meant for us: a name that only resolves to us (DNS rebinding), or a page of somebody else's.
pub fn meant_for_us(uri: &Uri, headers: &HeaderMap, port: u16, allowed: &[String]) -> Result<(), Problem> {
    if uri.path_and_query().is_some_and(|it| it.as_str().len() > MAX_URL) {
        return Err(Problem::new(Code::TooLarge, "the address is longer than 8 KiB"));
    }
    let foreign =
        || Problem::new(Code::Forbidden, "this host name and port are not served here; `trackside serve --allowed-host NAME` adds one");
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(foreign()) };
    if !host.to_str().is_ok_and(|it| is_ours(it, port, allowed)) {
        return Err(foreign());
    }
    if uri.authority().is_some_and(|it| !is_ours(it.as_str(), port, allowed)) {
        return Err(foreign());
    }
    let ours = |origin: &str| {
        let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        host.is_some_and(|it| is_ours(it, port, allowed))
    };
    if !headers.get_all(ORIGIN).iter().all(|it| it.to_str().is_ok_and(ours)) {
        return Err(Problem::new(Code::Forbidden, "requests from this origin are not served"));
    }
    let other_site = |it: &hyper::header::HeaderValue| it != "same-origin" && it != "none";
    if headers.get_all("sec-fetch-site").iter().any(other_site) {
        return Err(Problem::new(Code::Forbidden, "requests from another site's page are not served"));
    }
    Ok(())
}

/// Exact: loopback's own names with our port, or a name that was allowed.
fn is_ours(host: &str, port: u16, allowed: &[String]) -> bool {
    let (name, asked) = match host.rsplit_once(':') {
        Some((name, digits)) if !digits.contains(']') => (name, Some(digits)),
        _ => (host, None),
    };
    let our_port = asked.map_or(port == 80, |it| it == port.to_string());
    let loopback = match name.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        Some(inner) => inner.parse() == Ok(Ipv6Addr::LOCALHOST),
        None => name.eq_ignore_ascii_case("localhost") || name.parse() == Ok(Ipv4Addr::LOCALHOST),
    };
    (loopback && our_port) || allowed.iter().any(|it| it.eq_ignore_ascii_case(host) || it.eq_ignore_ascii_case(name))
}

/// Whose token the request carries.
pub fn whose(headers: &HeaderMap, tokens: &Tokens, now: Time) -> Found {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(one), None) = (all.next(), all.next()) else { return Found::Unknown };
    let Some((scheme, token)) = one.to_str().ok().and_then(|it| it.split_once(' ')) else { return Found::Unknown };
    let plain = scheme.eq_ignore_ascii_case("bearer") && token.len() <= MAX_TOKEN;
    if plain { tokens.find(token, now) } else { Found::Unknown }
}

/// The name under which requests without a token are counted.
pub fn nobody(from: IpAddr) -> String {
    format!("@{from}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_names_of_this_machine_with_our_port_are_ours() {
        let allowed = vec!["deploy.example.org".to_owned()];
        for host in ["localhost:4100", "LOCALHOST:4100", "127.0.0.1:4100", "[::1]:4100", "deploy.example.org", "deploy.example.org:443"] {
            assert!(is_ours(host, 4100, &allowed), "{host}");
        }
        let foreign = [
            "",
            ":",
            ":4100",
            "localhost",
            "localhost:",
            "localhost:4101",
            "localhost:04100",
            "localhost.:4100",
            "localhost.evil:4100",
            "evil",
            "127.0.0.1.evil:4100",
            "127.0.0.2:4100",
            "127.1:4100",
            "2130706433:4100",
            "0.0.0.0:4100",
            "[::]:4100",
            "[::1]",
            "::1:4100",
            "[::1]:4100:4100",
            "[::1%lo]:4100",
            "xdeploy.example.org",
            "deploy.example.org.evil",
            "user@localhost:4100",
            "localhost:4100 ",
            " localhost:4100",
        ];
        for host in foreign {
            assert!(!is_ours(host, 4100, &allowed), "{host:?}");
        }
    }
}
