//! What is kept of a token: all but its secret.

use serde::{Deserialize, Serialize};

use crate::model::project::Role;
use crate::model::text::Clean;
use crate::model::time::Time;

/// Name of the token that lies in the platform's own data folder.
pub const OWNER: &str = "owner";

/// A token as the database keeps it, under its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub role: Role,
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
    pub created: Time,
    /// Who made it.
    pub by: Clean,
    /// When it ends by itself.
    pub expires: Option<Time>,
}

impl Kept {
    /// Whether it has ended by itself at `now`.
    pub fn is_over(&self, now: Time) -> bool {
        self.expires.is_some_and(|it| it <= now)
    }
}
