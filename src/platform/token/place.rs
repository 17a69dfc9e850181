//! The places a token can come from, and asking them in their order. What was found is held until it is refused.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::keyring::Entry;
use super::program::{Failed, run};
use super::trouble::NoToken;
use crate::model::text::clean_line;

/// How long a command may take to give a token.
const LONGEST: Duration = Duration::from_secs(10);
/// No token is longer.
const LONGEST_TOKEN: usize = 8 * 1024;

/// A place.
#[derive(Clone, Debug)]
pub enum Place {
    /// Given with this start of the program, from `TRACKSIDE_TOKEN`.
    Given(SecretString),
    /// An environment variable of the context's own.
    Env(String),
    /// What a command prints: a program and its arguments.
    Command(Vec<String>),
    Keyring(Entry),
    /// A file that nobody else may read.
    File(PathBuf),
    /// The same, which need not be there: where `login` puts a token.
    Kept(PathBuf),
}

impl Place {
    /// Its kind, for people: never its value.
    pub fn words(&self) -> String {
        match self {
            Self::Given(_) => "TRACKSIDE_TOKEN".to_owned(),
            Self::Env(name) => format!("the environment variable {name}"),
            Self::Command(argv) => format!("the command `{}`", argv.first().map_or("", String::as_str)),
            Self::Keyring(_) => "the keyring".to_owned(),
            Self::File(path) | Self::Kept(path) => format!("the file {}", path.display()),
        }
    }

    /// Asked for free, as often as one likes: nobody is disturbed by it.
    const fn is_quiet(&self) -> bool {
        matches!(self, Self::Given(_) | Self::Env(_) | Self::File(_) | Self::Kept(_))
    }

    /// The token; `None`: there is none, and that may be.
    fn ask(&self) -> Result<Option<SecretString>, NoToken> {
        match self {
            Self::Given(secret) => Ok(Some(secret.clone())),
            Self::Env(name) => Ok(std::env::var(name).ok().filter(|it| !it.trim().is_empty()).map(|it| SecretString::from(it.trim()))),
            Self::Command(argv) => command(argv).map(Some),
            Self::Keyring(entry) => entry.lookup(),
            Self::Kept(path) if !path.exists() => Ok(None),
            Self::File(path) | Self::Kept(path) => file(path).map(Some),
        }
    }
}

/// The first token that `places` give, and which of them gave it.
pub fn first(places: &[Place]) -> Result<Option<(SecretString, &Place)>, NoToken> {
    for place in places {
        if let Some(secret) = place.ask()? {
            check(&secret, place)?;
            super::secrets::remember(&secret);
            return Ok(Some((secret, place)));
        }
    }
    Ok(None)
}

/// The same, if that disturbs nobody: no command is run for it. `None`: it cannot be said.
pub fn first_quietly(places: &[Place]) -> Option<SecretString> {
    for place in places {
        if !place.is_quiet() {
            return None;
        }
        if let Some(secret) = place.ask().ok()? {
            check(&secret, place).ok()?;
            super::secrets::remember(&secret);
            return Some(secret);
        }
    }
    None
}

fn check(secret: &SecretString, place: &Place) -> Result<(), NoToken> {
    let text = secret.expose_secret();
    let odd = |why| Err(NoToken::Odd(place.words(), why));
    if text.len() > LONGEST_TOKEN {
        return odd("it is longer than 8 KiB");
    }
    // It goes into a header, where anything else would be another header or none at all.
    if !text.chars().all(|c| c.is_ascii_graphic()) {
        return odd("there are blanks or other than ASCII characters in it");
    }
    Ok(())
}

/// The token in `path`, which others may not read.
pub fn file(path: &Path) -> Result<SecretString, NoToken> {
    let no = |why: std::io::Error| NoToken::File { path: path.to_owned(), why: why.to_string() };
    if std::fs::metadata(path).map_err(no)?.permissions().mode() & 0o077 != 0 {
        return Err(NoToken::Open { path: path.to_owned() });
    }
    let text = std::fs::read_to_string(path).map_err(no)?;
    if text.trim().is_empty() {
        return Err(NoToken::File { path: path.to_owned(), why: "it is empty".to_owned() });
    }
    Ok(SecretString::from(text.trim()))
}

fn command(argv: &[String]) -> Result<SecretString, NoToken> {
    let name = argv.first().map_or("", String::as_str).to_owned();
    let ended = run(argv, None, LONGEST).map_err(|why| match why {
        Failed::Start(err) => NoToken::NoCommand(name.clone(), err.to_string()),
        Failed::Late => NoToken::Slow { command: name.clone(), longest: LONGEST },
    })?;
    if !ended.complained.is_empty() {
        tracing::info!(command = name, said = %clean_line(&ended.complained), "a token command");
    }
    let why = match ended.code {
        Some(0) => {
            let first = ended.said.expose_secret().lines().next().unwrap_or_default().trim();
            if !first.is_empty() {
                return Ok(SecretString::from(first));
            }
            "printed no token".to_owned()
        }
        Some(code) => format!("ended with {code}"),
        None => "was ended by a signal".to_owned(),
    };
    let said = if ended.complained.is_empty() { String::new() } else { format!(": {}", clean_line(&ended.complained)) };
    Err(NoToken::Command(name, format!("{why}{said}")))
}
