//! Who may ask: tokens, the file of the owner's token, and what each role may do. Secrets are kept as hashes only.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use crate::model::link::{Can, Caps};
use crate::model::project::Role;
use crate::model::request::Request;
use crate::model::text::Clean;

use super::hex::hex;
use super::port::Actor;

/// A token file is one line; anything much longer is not one.
const MAX_FILE: u64 = 4096;

/// The tokens a platform knows.
#[derive(Clone, Debug, Default)]
pub struct Tokens(Vec<Token>);

#[derive(Clone, Debug)]
struct Token {
    actor: Actor,
    hash: [u8; 32],
}

/// Why the owner's token could not be had.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("{0} can be read by others; `chmod 600` it, or delete it to get a new token")]
    Open(PathBuf),
    #[error("{0} holds no token; delete it to get a new one")]
    Empty(PathBuf),
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
}

impl Tokens {
    /// Adds a token under a name of its own, with a role.
    pub fn add(&mut self, name: &str, role: Role, secret: &str) {
        self.0.push(Token { actor: Actor { name: Clean::new(name), role }, hash: hash(secret) });
    }

    /// Whose token `secret` is. Compares with every token, each in constant time.
    pub fn find(&self, secret: &str) -> Option<&Actor> {
        let asked = hash(secret);
        let mut found = u64::MAX;
        for (index, token) in (0u64..).zip(&self.0) {
            let same: Choice = token.hash.ct_eq(&asked);
            found.conditional_assign(&index, same);
        }
        self.0.get(usize::try_from(found).ok()?).map(|it| &it.actor)
    }
}

/// The owner's token of the platform in `folder`: read from its file, or made (256 bits) with the file at the first start.
pub fn owner_token(folder: &Path) -> Result<SecretString, TokenError> {
    let path = folder.join("token");
    let failed = |error| TokenError::Io(path.clone(), error);
    match OpenOptions::new().read(true).open(&path) {
        Ok(file) => {
            if file.metadata().map_err(failed)?.mode() & 0o077 != 0 {
                return Err(TokenError::Open(path));
            }
            let mut text = String::new();
            file.take(MAX_FILE).read_to_string(&mut text).map_err(failed)?;
            let token = text.trim();
            if token.is_empty() { Err(TokenError::Empty(path)) } else { Ok(SecretString::from(token)) }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(&path).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

fn make(path: &Path) -> io::Result<SecretString> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let token = hex(&bytes);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(format!("{token}\n").as_bytes())?;
    file.sync_all()?;
    Ok(SecretString::from(token))
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether `role` may ask for `request`; if not, why.
pub fn may(role: &Role, request: &Request) -> Can {
    let for_admins = matches!(request, Request::CreateProject(_) | Request::RemoveProject(_) | Request::RemoveService(_));
    match role {
        _ if !request.writes() => Can::YES,
        Role::Owner | Role::Admin => Can::YES,
        Role::Developer if !for_admins => Can::YES,
        Role::Developer => Can::No("creating projects and removing projects or services needs an admin".into()),
        Role::Viewer => Can::No("this token may only look".into()),
        Role::Other(_) => Can::No("this token's role is not known here".into()),
    }
}

/// What `actor` may do, as `GET /me` says it.
pub fn caps(actor: &Actor) -> Caps {
    let write = match &actor.role {
        Role::Owner | Role::Admin | Role::Developer => Can::YES,
        Role::Viewer => Can::No("this token may only look".into()),
        Role::Other(_) => Can::No("this token's role is not known here".into()),
    };
    Caps {
        user: actor.name.clone(),
        role: Some(actor.role.clone()),
        deploy: write.clone(),
        rollback: write.clone(),
        restart: write.clone(),
        cancel: write.clone(),
        stop: write.clone(),
        scale: write.clone(),
        incidents: write.clone(),
        variables: write.clone(),
        create: write,
        log_history: true,
        metric_history: true,
    }
}
