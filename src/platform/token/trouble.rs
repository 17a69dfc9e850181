//! Why there is no token, so that a person can mend it. No secret is ever in here.

use std::path::PathBuf;
use std::time::Duration;

/// Why a place that should have a token gives none.
#[derive(Debug, thiserror::Error)]
pub enum NoToken {
    #[error("the token file {}: {why}", .path.display())]
    File { path: PathBuf, why: String },
    #[error("the token file {}: others can read it; `chmod 600 {}` mends that", .path.display(), .path.display())]
    Open { path: PathBuf },
    #[error("the token in {} is for {}; `trackside login` keeps one for where the context is now", .path.display(), .owner.as_deref().unwrap_or("an address that it does not say"))]
    Elsewhere { path: PathBuf, owner: Option<String> },
    #[error("the token command `{0}` could not be started: {1}")]
    NoCommand(String, String),
    #[error("the token command `{0}` {1}")]
    Command(String, String),
    #[error("the token command `{command}` took longer than {} s; it must not ask on the terminal", .longest.as_secs())]
    Slow { command: String, longest: Duration },
    #[error("what {0} gives is no token: {1}")]
    Odd(String, &'static str),
    #[error("the keyring: {0}")]
    Keyring(String),
}
