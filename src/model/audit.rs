//! The audit trail: who did what, and how it went.

use serde::{Deserialize, Serialize};

use super::ids::{AuditId, ProjectId, ServiceId};
use super::text::Clean;
use super::time::Time;

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
