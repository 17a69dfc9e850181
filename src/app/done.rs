//! What was asked for in this session: the entries of the activity log.

use serde::{Deserialize, Serialize};

use crate::model::event::ObjectRef;
use crate::model::ids::AskId;
use crate::model::request::Request;
use crate::model::text::Clean;
use crate::model::time::Time;

/// What this person asked for in this session, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    pub at: Time,
    pub id: AskId,
    /// What the platform was asked; `None`: a hook was run.
    pub request: Option<Request>,
    /// In words: `roll back api to 77ce02d`.
    pub what: String,
    /// What it is done to.
    pub object: Option<ObjectRef>,
    pub state: ActivityState,
    /// How to take it back, if that can be.
    pub undo: Option<String>,
}

/// How a request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActivityState {
    Sent,
    Done(Clean),
    Failed(Clean),
}
