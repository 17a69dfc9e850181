//! The desktop's keyring, through `secret-tool` of libsecret: secrets go in and out through pipes, never through arguments.
//!
//! Not linked in: a client of the Secret Service is 44 crates and a second async runtime, for what this program does in 5 ms, and the
//! desktop's own does it as well. A program can also be ended when the keyring does not answer, which over SSH it often does not.

use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::program::{Ended, Failed, run};
use super::trouble::NoToken;

/// How long the keyring may take; one that is locked and has nobody to ask never answers.
const LONGEST: Duration = Duration::from_secs(3);
/// A person may have to type the keyring's password when something is stored.
const LONGEST_STORE: Duration = Duration::from_mins(1);

/// A secret's place: bound to the address, so that a context which is given another address does not take its token there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub context: String,
    pub url: String,
}

impl Entry {
    fn argv(&self, verb: &[&str]) -> Vec<String> {
        let attributes = ["service", "trackside", "context", &self.context, "url", &self.url];
        ["secret-tool"].iter().chain(verb).chain(&attributes).map(|&it| it.to_owned()).collect()
    }

    /// The secret there; `None`: there is none.
    pub fn lookup(&self) -> Result<Option<SecretString>, NoToken> {
        let ended = asked(&self.argv(&["lookup"]), None, LONGEST)?;
        match ended.code {
            Some(0) if !ended.said.expose_secret().trim().is_empty() => Ok(Some(SecretString::from(ended.said.expose_secret().trim()))),
            Some(0 | 1) if ended.complained.is_empty() => Ok(None),
            _ => Err(failed(&ended)),
        }
    }

    /// Puts `secret` there.
    pub fn store(&self, secret: &SecretString) -> Result<(), NoToken> {
        let label = format!("--label=trackside {}", self.context);
        let ended = asked(&self.argv(&["store", &label]), Some(secret), LONGEST_STORE)?;
        if ended.code == Some(0) { Ok(()) } else { Err(failed(&ended)) }
    }

    /// Takes it out; one that is not there is no failure.
    pub fn clear(&self) -> Result<(), NoToken> {
        let ended = asked(&self.argv(&["clear"]), None, LONGEST)?;
        if matches!(ended.code, Some(0 | 1)) && ended.complained.is_empty() { Ok(()) } else { Err(failed(&ended)) }
    }
}

/// Why there can be no keyring here, if so.
pub fn absent() -> Option<&'static str> {
    let bus = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|it| !it.is_empty());
    let own = std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|it| Path::new(&it).join("bus").exists());
    (!bus && !own).then_some("there is no session bus here, so no keyring; `trackside login` without --keyring keeps the token in a file")
}

fn asked(argv: &[String], input: Option<&SecretString>, longest: Duration) -> Result<Ended, NoToken> {
    if let Some(why) = absent() {
        return Err(NoToken::Keyring(why.to_owned()));
    }
    run(argv, input, longest).map_err(|why| {
        NoToken::Keyring(match why {
            Failed::Start(err) if err.kind() == std::io::ErrorKind::NotFound => {
                "there is no `secret-tool`; it comes with libsecret (package libsecret-tools)".to_owned()
            }
            Failed::Start(err) => err.to_string(),
            Failed::Late => format!("it did not answer within {} s; is it locked?", longest.as_secs()),
        })
    })
}

fn failed(ended: &Ended) -> NoToken {
    let why = if ended.complained.is_empty() { "it failed and did not say why" } else { &ended.complained };
    NoToken::Keyring(why.to_owned())
}
