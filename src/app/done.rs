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
    /// The context it was asked for in.
    pub context: String,
    /// Who that was to the platform; empty: it had not said.
    pub user: Clean,
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

impl Activity {
    /// It as a line of the activity log on disk: JSON, without any value of a variable.
    pub fn line(&self) -> String {
        let request = self.request.as_ref().map_or("hook", Request::name);
        let (state, answer) = match &self.state {
            ActivityState::Sent => ("sent", None),
            ActivityState::Done(text) => ("done", Some(text)),
            ActivityState::Failed(text) => ("failed", Some(text)),
        };
        let line = serde_json::json!({
            "at": self.at, "context": self.context, "user": self.user, "via": "dashboard", "n": self.id.0, "request": request,
            "what": self.what, "object": self.object, "state": state, "answer": answer, "undo": self.undo,
        });
        line.to_string()
    }
}

/// How a request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActivityState {
    Sent,
    Done(Clean),
    Failed(Clean),
}
