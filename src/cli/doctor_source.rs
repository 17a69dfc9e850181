//! What `trackside doctor` finds of the platform that is meant: how one gets in, whether it answers, how far its clock is off, what one may do.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::check::Check;
use super::clock::now;
use super::credentials::Given;
use super::exit::{DENIED, Failure};
use super::reach::{credential, data_dir, endpoint};
use super::watch::source;
use crate::config::Config;
use crate::model::event::Event;
use crate::model::ids::SourceId;
use crate::model::link::{Can, Caps, Link};
use crate::model::request::Fault;
use crate::model::time::Millis;
use crate::platform::endpoint::Endpoint;
use crate::platform::sink::Sink;
use crate::platform::trackside::client::Client;
use crate::platform::trouble::Trouble;

const AREA: &str = "source";
/// Longest wait for an answer, and for the stream.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is asked: the first answer holds the cost of the connection, too.
const ASKED: usize = 3;
/// From here on keys feel late.
const SLOW: Duration = Duration::from_millis(500);
/// From here on ages on the screen are wrong by what one sees.
const SKEWED: Millis = Millis::secs(2);

/// The findings.
pub async fn checks(config: &Config, given: &Given) -> Vec<Check> {
    let mut out = vec![credential_check(config, given)];
    let endpoint = match endpoint(config, given) {
        Ok(it) => it,
        // It was asked for just now and could not be had: the address is not to blame.
        Err(failure) if failure.code == DENIED => return vec![no_credential(failure)],
        Err(failure) => {
            let (text, hint) = failure.text.split_once('\n').map_or((failure.text.as_str(), ""), |it| it);
            let hint = if hint.is_empty() { "name another with --url, or start one with `trackside serve`" } else { hint };
            out.push(Check::fail(AREA, "address", text, hint));
            return out;
        }
    };
    out.push(Check::ok(AREA, "address", format!("{}, context {}", endpoint.url(), config.context.name)));
    let client = Client::new(endpoint.clone());
    if !reachable(&client, &endpoint, &mut out).await {
        return out;
    }
    out.push(match timeout(PATIENCE, client.me()).await {
        Ok(Ok(caps)) => rights(&caps),
        Ok(Err(trouble)) => refused(trouble),
        Err(_) => Check::fail(AREA, "rights", "no answer in time", "ask again; the platform may be busy"),
    });
    out.push(stream(endpoint).await);
    out
}

/// By which kind of credential one gets in; never its value.
fn credential_check(config: &Config, given: &Given) -> Check {
    if config.context.url.is_none()
        && given.token_file.is_none()
        && let Ok(token) = data_dir(config).map(|it| it.join("token"))
        && !token.is_file()
    {
        let text = format!("no platform has made {} yet", token.display());
        return Check::warn("credentials", "token", text, "`trackside serve` makes it at its first start; --data names another folder");
    }
    match credential(config, given) {
        Ok(kind) => Check::ok("credentials", "token", kind),
        Err(failure) => no_credential(failure),
    }
}

fn no_credential(failure: Failure) -> Check {
    let hint = "`trackside login` keeps one for a context; or name a file with --token-file, or set TRACKSIDE_TOKEN";
    Check::fail("credentials", "token", failure.text, hint)
}

/// Whether it answers, how fast, by which clock and over which line.
async fn reachable(client: &Client, endpoint: &Endpoint, out: &mut Vec<Check>) -> bool {
    let (mut took, mut skew, mut last) = (Vec::new(), Millis(0), None);
    for _ in 0..ASKED {
        let (asked, began) = (now(), Instant::now());
        match timeout(PATIENCE, client.health()).await {
            Ok(Ok(health)) => {
                took.push(began.elapsed());
                // Half of the way there and back is the best guess for when its clock was read.
                skew = health.now.since(asked + Millis(now().since(asked).0 / 2));
                last = Some(health);
            }
            Ok(Err(trouble)) => {
                out.push(unreachable(&trouble));
                return false;
            }
            Err(_) => {
                out.push(Check::fail(AREA, "reachable", "no answer in time", "is a firewall between, or is the platform busy?"));
                return false;
            }
        }
    }
    let Some(health) = last else { return false };
    out.push(match &health.reason {
        Some(why) => {
            Check::warn(AREA, "reachable", format!("trackside {}, but it cannot write: {why}", health.version), "mend that on its machine")
        }
        None => Check::ok(AREA, "reachable", format!("trackside {}", health.version)),
    });
    let line = if endpoint.url().starts_with("https://") {
        let own = endpoint.ca_file().map(|it| format!(" and {}", it.display())).unwrap_or_default();
        format!("TLS, checked against the machine's authorities{own}")
    } else {
        "plain http, on this machine only".to_owned()
    };
    out.push(Check::ok(AREA, "line", line));
    let fastest = took.into_iter().min().unwrap_or_default();
    let text = format!("{:.1} ms there and back", fastest.as_secs_f64() * 1000.0);
    out.push(if fastest > SLOW {
        Check::warn(AREA, "latency", text, "writes will feel late; the picture does not")
    } else {
        Check::ok(AREA, "latency", text)
    });
    let text = format!("{:+.2} s against ours", skew.0 as f64 / 1000.0);
    out.push(if skew.0.abs() > SKEWED.0 {
        Check::warn(AREA, "clock", text, "set both by NTP (timedatectl set-ntp true); ages are wrong by that much")
    } else {
        Check::ok(AREA, "clock", text)
    });
    true
}

fn unreachable(trouble: &Trouble) -> Check {
    let hint = match trouble {
        Trouble::Fatal(_) => "see --ca-file, or ask whoever runs it for its certificate",
        Trouble::Offline { .. } => "is it running, is the address right, is the tunnel up?",
        _ => "is that address a trackside platform?",
    };
    Check::fail(AREA, "reachable", trouble.to_string(), hint)
}

fn refused(trouble: Trouble) -> Check {
    let fault = Fault::from(trouble);
    let hint = match fault {
        Fault::Auth(_) => "the token is wrong, revoked or has ended; get another",
        Fault::Forbidden(_) => "ask for a role that may do this",
        _ => "ask again; the platform may be busy",
    };
    Check::fail(AREA, "rights", fault.to_string(), hint)
}

fn rights(caps: &Caps) -> Check {
    let all: [(&str, &Can); 9] = [
        ("deploy", &caps.deploy),
        ("restart", &caps.restart),
        ("roll back", &caps.rollback),
        ("cancel", &caps.cancel),
        ("stop", &caps.stop),
        ("scale", &caps.scale),
        ("work on incidents", &caps.incidents),
        ("set variables", &caps.variables),
        ("create projects", &caps.create),
    ];
    let may: Vec<&str> = all.iter().filter(|it| it.1.check().is_ok()).map(|it| it.0).collect();
    let may = if may.is_empty() { "may look".to_owned() } else { format!("may {}", may.join(", ")) };
    let role = caps.role.as_ref().map(|it| format!(" as {it}")).unwrap_or_default();
    Check::ok(AREA, "rights", format!("{}{role}: {may}", caps.user))
}

/// Whether changes arrive as they happen, or only when asked for.
async fn stream(endpoint: Endpoint) -> Check {
    let (lane, mut events) = mpsc::channel(64);
    // Held until the end: a source whose questions are closed ends.
    let (_asks, questions) = mpsc::channel(1);
    let running = tokio::spawn(source(endpoint).run(questions, Sink::new(SourceId(0), lane)));
    let found = timeout(PATIENCE, async {
        while let Some((_, event)) = events.recv().await {
            match event {
                Event::Link(Link::Live) => return Check::ok(AREA, "stream", "live"),
                Event::Link(Link::Polling { every, why }) => {
                    let hint = "a proxy in between must pass WebSockets on (Upgrade)";
                    return Check::warn(AREA, "stream", format!("refused, so it is asked every {}: {why}", every.long()), hint);
                }
                Event::Link(Link::Refused { why }) => {
                    return Check::fail(AREA, "stream", why.to_string(), "mend that; nothing arrives until then");
                }
                _ => {}
            }
        }
        Check::fail(AREA, "stream", "it ended", "ask again")
    });
    let found = found.await;
    running.abort();
    found.unwrap_or_else(|_| Check::warn(AREA, "stream", "not live in time", "the dashboard goes on trying; is a proxy in between?"))
}
