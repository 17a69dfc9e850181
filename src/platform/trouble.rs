//! What can go wrong on the way to a source, named by what the caller does about it; and how the network's errors are told apart.

use std::error::Error;
use std::io::ErrorKind;

use crate::model::request::Fault;
use crate::model::text::Clean;
use crate::model::time::Millis;

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Trouble {
    /// The token is not accepted.
    #[error("not signed in: {0}")]
    Auth(Clean),
    #[error("not allowed: {0}")]
    Forbidden(Clean),
    #[error("asked too often; to be asked again in {}", .0.long())]
    Limited(Millis),
    /// Nobody could be reached, or the line was cut. `sent`: the request may have arrived all the same.
    #[error("{why}")]
    Offline { why: Clean, sent: bool },
    /// The platform, or a proxy before it, failed.
    #[error("{why}")]
    Server { why: Clean, after: Option<Millis> },
    /// Only a person can mend it: a certificate, an address.
    #[error("{0}")]
    Fatal(Clean),
    /// REST may work, the stream is refused.
    #[error("{0}")]
    NoStream(Clean),
    /// What came back is no answer of this protocol.
    #[error("unreadable answer: {0}")]
    Protocol(Clean),
    /// The platform's own no.
    #[error("{0}")]
    Said(Fault),
}

impl Trouble {
    /// What the server asked for: not before this.
    pub const fn floor(&self) -> Option<Millis> {
        match self {
            Self::Limited(after) => Some(*after),
            Self::Server { after, .. } => *after,
            _ => None,
        }
    }

    /// Whether the deed may have been done although no answer came.
    pub const fn is_lost_answer(&self) -> bool {
        matches!(self, Self::Offline { sent: true, .. })
    }

    /// For people, in a line.
    pub fn say(&self) -> Clean {
        Clean::from(self.to_string())
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Auth(why) => Self::Auth(why),
            Trouble::Forbidden(why) => Self::Forbidden(why),
            Trouble::Limited(after) => Self::RateLimited(after),
            Trouble::Offline { why, .. } | Trouble::Fatal(why) => Self::Offline(why),
            Trouble::Server { why, .. } => Self::Server(why),
            Trouble::NoStream(why) | Trouble::Protocol(why) => Self::Protocol(why),
            Trouble::Said(fault) => fault,
        }
    }
}

/// Tells apart what reqwest reports, in words that say which side has to do what. `host` is whom we wanted to reach.
pub fn classify(error: &reqwest::Error, host: &str) -> Trouble {
    let sent = !error.is_connect() && !error.is_builder();
    let chain = chain(error);
    let offline = |why: String| Trouble::Offline { why: Clean::from(why), sent };
    if let Some(why) = tls(&chain, host) {
        return Trouble::Fatal(Clean::from(why));
    }
    if chain.contains("dns error") || chain.contains("failed to lookup address") {
        return offline(format!("the name {host} cannot be resolved (DNS)"));
    }
    if chain.contains("proxy auth") {
        return offline("the proxy wants a user and a password (407); put them into HTTPS_PROXY".to_owned());
    }
    if chain.contains("tunnel") || chain.contains("socks") {
        return offline(format!("the proxy does not let us through to {host}: {}", last(error)));
    }
    if error.is_timeout() && error.is_connect() {
        return offline(format!("{host} does not answer: no connection in time"));
    }
    if chain.contains("handshake eof") {
        return offline(format!("{host} cut the connection in the middle of the TLS handshake"));
    }
    match io_kind(error) {
        Some(ErrorKind::ConnectionRefused) => offline(format!("{host} refuses the connection: nothing listens there")),
        Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown) => {
            offline(format!("there is no way to {host} (network unreachable)"))
        }
        Some(ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof) => {
            offline(format!("{host} cut the connection"))
        }
        Some(ErrorKind::TimedOut) => offline(format!("{host} does not answer")),
        _ if chain.contains("incomplete") || chain.contains("unexpected eof") || chain.contains("connection closed") => {
            offline(format!("{host} cut the connection in the middle of an answer"))
        }
        _ if error.is_decode() => Trouble::Protocol(Clean::from(format!("{host}: {}", last(error)))),
        _ => offline(format!("{host}: {}", last(error))),
    }
}

fn tls(chain: &str, host: &str) -> Option<String> {
    let about = |what: &str| Some(format!("{host}: {what}"));
    if chain.contains("corrupt message") || chain.contains("invalidcontenttype") {
        return about("does not speak TLS on this port; is it http:// or another port?");
    }
    if chain.contains("handshake") && chain.contains("fatal alert") || chain.contains("protocolversion") {
        return about("no common TLS version or cipher; the server may be too old");
    }
    if !chain.contains("certificate") {
        return None;
    }
    if chain.contains("expired") {
        about("its certificate has expired")
    } else if chain.contains("not valid yet") || chain.contains("notvalidyet") {
        about("its certificate is not valid yet; is this machine's clock right?")
    } else if chain.contains("not valid for") || chain.contains("notvalidforname") {
        about("its certificate is for another name")
    } else if chain.contains("unknownissuer")
        || chain.contains("unknown issuer")
        || chain.contains("self-signed")
        || chain.contains("no ca cert")
    {
        about(
            "its certificate comes from an authority this machine does not know; give that authority's certificate with --ca-file (`context.ca_file`)",
        )
    } else if chain.contains("revoked") {
        about("its certificate was revoked")
    } else {
        about("its certificate is not accepted")
    }
}

/// All causes in lower case, for looking words up: these crates do not export their inner error types.
fn chain(error: &reqwest::Error) -> String {
    let mut out = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        out.push_str("; ");
        out.push_str(&it.to_string());
        cause = it.source();
    }
    out.to_lowercase()
}

/// The innermost cause: what really happened, without where.
pub(super) fn last(error: &reqwest::Error) -> String {
    let mut out = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        out = it.to_string();
        cause = it.source();
    }
    out
}

fn io_kind(error: &reqwest::Error) -> Option<ErrorKind> {
    let mut cause = error.source();
    let mut found = None;
    while let Some(it) = cause {
        if let Some(io) = it.downcast_ref::<std::io::Error>() {
            found = Some(io.kind());
        }
        cause = it.source();
    }
    found
}
