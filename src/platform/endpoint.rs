//! Where a platform is and how one gets in: an address that was checked, and a token that is never shown.

use std::path::{Path, PathBuf};

use reqwest::Url;
use secrecy::SecretString;

use super::token::place::{Place, first, first_quietly};
use super::token::{secrets, trouble::NoToken};
use crate::wire::rest::PlatformFile;

/// A platform's address and the key to it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    url: Url,
    token: Option<SecretString>,
    /// Certificates to trust beside the machine's own.
    ca_file: Option<PathBuf>,
    /// The `platform.json` it was found by, read again when the platform no longer answers there.
    found_in: Option<PathBuf>,
    /// The places its token comes from, asked again when it is no longer taken.
    places: Vec<Place>,
}

/// Why there is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoEndpoint {
    #[error("`{0}` is no address: {1}")]
    Address(String, String),
    #[error("the address has a user or a password in it; give the token apart, so that it shows in no log")]
    Password,
    #[error("http:// to {0} would send the token over the network for all to read; use https:// (plain http is for this machine only)")]
    Plain(String),
    #[error("no platform runs with the data folder {}: there is no {}", .0.parent().unwrap_or(.0).display(), .0.display())]
    NotRunning(PathBuf),
    #[error("{} cannot be used: {}", .0.display(), .1)]
    File(PathBuf, String),
}

impl Endpoint {
    /// An endpoint at `url`. Plain http is taken to this machine only.
    pub fn new(url: &str, token: Option<SecretString>) -> Result<Self, NoEndpoint> {
        let bad = |why: String| NoEndpoint::Address(url.to_owned(), why);
        let mut parsed = Url::parse(url).map_err(|it| bad(it.to_string()))?;
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(NoEndpoint::Password);
        }
        let host = parsed.host_str().unwrap_or_default().to_owned();
        match parsed.scheme() {
            "https" => {}
            "http" if is_loopback(&parsed) => {}
            "http" => return Err(NoEndpoint::Plain(host)),
            other => return Err(bad(format!("it begins with {other}://, should be https:// or http://"))),
        }
        parsed.set_query(None);
        parsed.set_fragment(None);
        let path = parsed.path().trim_end_matches('/').to_owned();
        parsed.set_path(&path);
        if let Some(token) = &token {
            secrets::remember(token);
        }
        Ok(Self { url: parsed, token, ca_file: None, found_in: None, places: Vec::new() })
    }

    /// The platform of this user that keeps its data beside `path` (`<data>/platform.json`).
    pub fn from_platform_file(path: &Path) -> Result<Self, NoEndpoint> {
        let bad = |why: String| NoEndpoint::File(path.to_owned(), why);
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(NoEndpoint::NotRunning(path.to_owned())),
            Err(e) => return Err(bad(e.to_string())),
        };
        let file: PlatformFile = serde_json::from_str(&text).map_err(|it| bad(it.to_string()))?;
        let token = std::fs::read_to_string(&file.token_file).map_err(|it| NoEndpoint::File(file.token_file.clone(), it.to_string()))?;
        let mut found = Self::new(&file.url, Some(SecretString::from(token.trim())))?;
        found.found_in = Some(path.to_owned());
        Ok(found)
    }

    /// Trusts the certificates of `file` (PEM) beside the machine's own.
    #[must_use]
    pub fn with_ca_file(mut self, file: PathBuf) -> Self {
        self.ca_file = Some(file);
        self
    }

    /// Reads the token again from `file` when it is no longer taken.
    #[must_use]
    pub fn with_token_file(mut self, file: PathBuf) -> Self {
        self.places = vec![Place::File(file)];
        self
    }

    /// Takes its token from the first of `places` that has one, and asks them again when it is no longer taken. May run commands.
    pub fn with_token_from(mut self, places: Vec<Place>) -> Result<Self, NoToken> {
        if let Some((token, _)) = first(&places)? {
            self.token = Some(token);
            // Its own is no longer asked for: somebody wants to be somebody else.
            self.found_in = None;
        }
        self.places = places;
        Ok(self)
    }

    /// The file with further certificates.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// The token, if there is one.
    pub const fn token(&self) -> Option<&SecretString> {
        self.token.as_ref()
    }

    /// The address, without a slash at its end.
    pub fn url(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Host and port as people write them.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether it is on this machine, where no proxy has a say.
    pub fn is_local(&self) -> bool {
        is_loopback(&self.url)
    }

    /// The address of `path` (with its query, escaped) there.
    pub fn join(&self, path: &str) -> Url {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut url = self.url.clone();
        let path = format!("{}{path}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url.set_query(query);
        url
    }

    /// Reads its `platform.json` or its token file again: the platform may have started anew elsewhere, and somebody may have put
    /// another token there. Disturbs nobody: no command is run. `None`: nothing has changed.
    pub fn renewed(&self) -> Option<Self> {
        let found = match &self.found_in {
            Some(path) => Self { ca_file: self.ca_file.clone(), ..Self::from_platform_file(path).ok()? },
            None => Self { token: Some(first_quietly(&self.places)?), ..self.clone() },
        };
        (!found.same_as(self)).then_some(found)
    }

    /// The same for a token that was refused: every place is asked, which may run a command. `None`: nothing has changed.
    pub fn renewed_token(&self) -> Option<Self> {
        if self.found_in.is_some() || self.places.is_empty() {
            return self.renewed();
        }
        let (token, _) = first(&self.places).inspect_err(|why| tracing::warn!(%why, "no other token")).ok()??;
        let found = Self { token: Some(token), ..self.clone() };
        (!found.same_as(self)).then_some(found)
    }

    fn same_as(&self, other: &Self) -> bool {
        use secrecy::ExposeSecret as _;
        let token = |it: &Self| it.token.as_ref().map(|it| it.expose_secret().to_owned());
        self.url == other.url && token(self) == token(other)
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback())
}
