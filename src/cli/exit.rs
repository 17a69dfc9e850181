//! How a command ends: its exit code, which is part of the interface, and the line that says why.

use std::fmt;

use crate::model::request::Fault;
use crate::platform::endpoint::NoEndpoint;
use crate::platform::trouble::Trouble;

/// Done, and it went well.
pub const OK: u8 = 0;
/// It was tried and failed: a deployment that failed, a refusal.
pub const FAILED: u8 = 1;
/// The command itself is wrong.
pub const USAGE: u8 = 2;
/// The platform cannot be reached.
pub const UNREACHABLE: u8 = 3;
/// Not signed in, or not allowed.
pub const DENIED: u8 = 4;
/// There is no such thing.
pub const NOT_FOUND: u8 = 5;
/// What was waited for was cancelled or taken away, so it will never be done.
pub const CANCELLED: u8 = 6;
/// `--timeout` ran out; the same as `timeout(1)`.
pub const TIMED_OUT: u8 = 124;
/// Interrupted while it waited: 128 and the signal's number, as a shell says it.
pub const INTERRUPTED: u8 = 130;

/// Why a command did not do what it should.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    pub text: String,
}

/// What a command comes to: its exit code, or why not.
pub type Outcome = Result<u8, Failure>;

impl Failure {
    /// A failure with `code`.
    pub fn new(code: u8, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let code = match fault {
            Fault::Auth(_) | Fault::Forbidden(_) => DENIED,
            Fault::NotFound(_) => NOT_FOUND,
            Fault::Offline(_) => UNREACHABLE,
            _ => FAILED,
        };
        let hint = match fault {
            Fault::Auth(_) => {
                "\n`trackside login` keeps a token for a context; --token-file names a file with one, or set TRACKSIDE_TOKEN. `trackside serve` says where its own is."
            }
            _ => "",
        };
        Self::new(code, format!("{fault}{hint}"))
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Fault::from(trouble).into()
    }
}

impl From<NoEndpoint> for Failure {
    fn from(why: NoEndpoint) -> Self {
        match why {
            NoEndpoint::NotRunning(_) => Self::new(
                UNREACHABLE,
                format!(
                    "{why}\nStart one with `trackside serve`, or watch one at work with `trackside demo`. A platform elsewhere is named with --url."
                ),
            ),
            NoEndpoint::File(..) => Self::new(UNREACHABLE, why.to_string()),
            _ => Self::new(USAGE, why.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(err: std::io::Error) -> Self {
        Self::new(FAILED, err.to_string())
    }
}
