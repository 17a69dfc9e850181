//! The places a token can come from, and asking them in their order. What was found is held until it is refused.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;
use secrecy::{ExposeSecret as _, SecretString};

use super::keyring::Entry;
use super::program::{Failed, run};
use super::trouble::NoToken;
use crate::model::text::clean_line;

/// How long a command may take to give a token.
const LONGEST: Duration = Duration::from_secs(10);
/// No token is longer.
const LONGEST_TOKEN: usize = 8 * 1024;
/// Begins the line of a kept token that says which address it is for.
const FOR: &str = "for ";

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
    /// The same, which need not be there: where `login` puts a token. It counts for the address it was given for alone.
    Kept {
        path: PathBuf,
        url: String,
    },
}

impl Place {
    /// Its kind, for people: never its value.
    pub fn words(&self) -> String {
        match self {
            Self::Given(_) => "TRACKSIDE_TOKEN".to_owned(),
            Self::Env(name) => format!("the environment variable {name}"),
            Self::Command(argv) => format!("the command `{}`", argv.first().map_or("", String::as_str)),
            Self::Keyring(_) => "the keyring".to_owned(),
            Self::File(path) | Self::Kept { path, .. } => format!("the file {}", path.display()),
        }
    }

    /// Asked for free, as often as one likes: nobody is disturbed by it.
    const fn is_quiet(&self) -> bool {
        matches!(self, Self::Given(_) | Self::Env(_) | Self::File(_) | Self::Kept { .. })
    }

    /// The token; `None`: there is none, and that may be.
    fn ask(&self) -> Result<Option<SecretString>, NoToken> {
        match self {
            Self::Given(secret) => Ok(Some(secret.clone())),
            Self::Env(name) => Ok(std::env::var(name).ok().filter(|it| !it.trim().is_empty()).map(|it| SecretString::from(it.trim()))),
            Self::Command(argv) => command(argv).map(Some),
            Self::Keyring(entry) => entry.lookup(),
            Self::Kept { path, .. } if !path.exists() => Ok(None),
            Self::Kept { path, url } => kept(path, url).map(Some),
            Self::File(path) => file(path).map(Some),
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

/// What `login` puts into the file of a token for `url`.
pub fn for_keeping(token: &SecretString, url: &str) -> SecretString {
    SecretString::from(format!("{}\n{FOR}{}\n", token.expose_secret(), plain(url)))
}

/// The token that `login` put into `path`, if that was for `url`: a context that is given another address does not take it there.
pub fn kept(path: &Path, url: &str) -> Result<SecretString, NoToken> {
    let text = text(path)?;
    let mut lines = text.expose_secret().lines().map(str::trim);
    let token = lines.next().unwrap_or_default();
    match lines.find_map(|it| it.strip_prefix(FOR)) {
        Some(owner) if owner == plain(url) => Ok(SecretString::from(token)),
        owner => Err(NoToken::Elsewhere { path: path.to_owned(), owner: owner.map(|it| clean_line(it).to_string()) }),
    }
}

fn plain(url: &str) -> &str {
    url.trim().trim_end_matches('/')
}

/// The token in `path`, which others may not read and which holds nothing else.
pub fn file(path: &Path) -> Result<SecretString, NoToken> {
    let text = text(path)?;
    let plain = text.expose_secret().chars().all(|c| c.is_ascii_graphic());
    if plain { Ok(text) } else { bad(path, "there are blanks, lines or other than ASCII characters in the token") }
}

/// The text of `path`, without blanks around it, which others may not read.
fn text(path: &Path) -> Result<SecretString, NoToken> {
    let no = |why: std::io::Error| NoToken::File { path: path.to_owned(), why: why.to_string() };
    // A pipe that nobody writes into would hold the program for ever.
    let file = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path).map_err(no)?;
    // Of the file that was opened, not of whatever has its name by now.
    let known = file.metadata().map_err(no)?;
    if !known.is_file() {
        return bad(path, "it is no file");
    }
    if known.permissions().mode() & 0o077 != 0 {
        return Err(NoToken::Open { path: path.to_owned() });
    }
    let mut text = String::new();
    file.take(LONGEST_TOKEN as u64 * 2).read_to_string(&mut text).map_err(no)?;
    match text.trim() {
        "" => bad(path, "it is empty"),
        it if it.len() > LONGEST_TOKEN => bad(path, "it is longer than 8 KiB"),
        it => Ok(SecretString::from(it)),
    }
}

fn bad<T>(path: &Path, why: &str) -> Result<T, NoToken> {
    Err(NoToken::File { path: path.to_owned(), why: why.to_owned() })
}

fn command(argv: &[String]) -> Result<SecretString, NoToken> {
    let name = argv.first().map_or("", String::as_str).to_owned();
    let ended = run(argv, None, LONGEST).map_err(|why| match why {
        Failed::Start(err) => NoToken::NoCommand(name.clone(), err.to_string()),
        Failed::Late => NoToken::Slow { command: name.clone(), longest: LONGEST },
    })?;
    let first = ended.said.expose_secret().lines().next().unwrap_or_default().trim();
    // Known before anything of what it said is repeated: `set -x` and `--verbose` say the token, too.
    super::secrets::remember(&SecretString::from(first));
    let complained = super::secrets::mask(&ended.complained).into_owned();
    if !complained.is_empty() {
        tracing::info!(command = name, said = %clean_line(&complained), "a token command");
    }
    let why = match ended.code {
        Some(0) => {
            if !first.is_empty() {
                return Ok(SecretString::from(first));
            }
            "printed no token".to_owned()
        }
        Some(code) => format!("ended with {code}"),
        None => "was ended by a signal".to_owned(),
    };
    let said = if complained.is_empty() { String::new() } else { format!(": {}", clean_line(&complained)) };
    Err(NoToken::Command(name, format!("{why}{said}")))
}
