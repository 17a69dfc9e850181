//! Tokens as they travel: what is known of one, and the one answer that carries a secret.

use serde::{Deserialize, Serialize};

use crate::model::event::Change;
use crate::model::project::Role;
use crate::model::text::Clean;
use crate::model::time::Time;

/// `GET /tokens`: one of them, without its secret, which nobody has but its bearer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenInfo {
    /// As the audit trail names it.
    pub name: Clean,
    pub role: Role,
    /// `None`: the platform's own, in its data folder.
    pub created: Option<Time>,
    /// Who made it.
    pub by: Option<Clean>,
    /// When it ends by itself; it may have.
    pub expires: Option<Time>,
}

/// The answer to `POST /tokens`: as to every write, and the secret.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenMade {
    pub rev: u64,
    pub text: Clean,
    pub object: Option<Change>,
    /// Said this once; `None` when the write was asked for again with the same key, for nobody knows it any more.
    pub secret: Option<String>,
}

impl std::fmt::Debug for TokenMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenMade").field("rev", &self.rev).field("text", &self.text).finish_non_exhaustive()
    }
}
