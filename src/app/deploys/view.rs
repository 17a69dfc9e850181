//! The diff that is looked at: of which two deployments, and where in it one is.

use crate::model::ids::DeploymentId;

/// A diff over everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffView {
    /// What it is compared with.
    pub from: DeploymentId,
    pub to: DeploymentId,
    /// First line shown.
    pub top: usize,
    /// The other deployment is being chosen: the cursor in the list.
    pub choosing: Option<usize>,
}
