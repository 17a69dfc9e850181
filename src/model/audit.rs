//! The audit trail: who did what, and how it went.

use serde::{Deserialize, Serialize};

use super::ids::{AuditId, ProjectId, ServiceId};
use super::text::Clean;
use super::time::Time;
use super::words::words;

/// One deed. Never changed, never removed by a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub id: AuditId,
    pub at: Time,
    /// Whose token, or `platform` for what the platform did by itself.
    pub by: Clean,
    /// What was done, as `deploy.rollback`.
    pub action: Clean,
    pub project: Option<ProjectId>,
    pub service: Option<ServiceId>,
    /// To what, in words.
    pub target: Clean,
    /// How it went: `ok`, or why not.
    pub result: Clean,
    /// Revision at which it was written.
    pub rev: u64,
}

words! {
    /// What was done to a variable.
    VariableDeed {
        /// It was not there before.
        Set = "set",
        /// It has another value.
        Changed = "changed",
        Unset = "unset",
    }
}

/// A change of one variable of a service: never its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariableChange {
    pub at: Time,
    /// Whose token.
    pub by: Clean,
    pub name: Clean,
    pub deed: VariableDeed,
}
