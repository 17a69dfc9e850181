//! What the `cage` command is told to do to itself before it becomes the program. Only data.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a program is kept from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// `None`: who starts it has taken care of that already.
    pub files: Option<Files>,
    /// The user and group to become; only root can.
    pub user: Option<u32>,
    /// Where to begin; `None`: here.
    pub folder: Option<PathBuf>,
}

/// The files it may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Files {
    /// What it may read and run, with all that is below. `None`: everything.
    pub reads: Option<Vec<PathBuf>>,
    /// What it may also write, with all that is below.
    pub writes: Vec<PathBuf>,
}
