//! Making the question before a write: what will happen, to what, what runs now, and in production the name to type.

use super::state::{App, Confirm};
use super::target::now_line;
use crate::model::event::ObjectRef;
use crate::model::ids::DeploymentId;
use crate::model::lookalike::warning;
use crate::model::request::Request;
use crate::model::service::Service;
use crate::model::time::Millis;

/// Until the screen says when it showed the question: quicker than anybody reads and answers one.
const UNSEEN: Millis = Millis(250);

/// What a question says.
pub struct Question {
    pub title: String,
    pub lines: Vec<String>,
    pub verb: &'static str,
    pub danger: bool,
    pub request: Request,
    pub what: String,
    pub undo: Option<String>,
    pub object: ObjectRef,
}

/// The question about a write to `service`: in production its name must be typed.
pub fn ask(app: &App, service: &Service, it: Question) -> Confirm {
    ask_about(app, Some(service), it)
}

/// The question about a write that touches `service`, if it is about one: in production its name must be typed.
pub fn ask_about(app: &App, service: Option<&Service>, it: Question) -> Confirm {
    let mut lines = it.lines;
    lines.extend(service.map(|it| now_line(app, it)));
    let project = service.and_then(|it| app.store.projects.get(&it.project));
    let names = service.map(|it| &it.name).into_iter().chain(project.map(|it| &it.name));
    lines.extend(names.filter_map(|it| warning(it.as_str())).map(|it| format!("careful: {it}")));
    if !app.fresh() {
        lines.push(format!("careful: what you see is {}", app.link_words().text));
    }
    if let Some((_, ago)) = app.past() {
        lines.push(format!("you look at {ago}; this acts now"));
    }
    let production = app.settings.production || service.is_some_and(|it| it.production);
    if production {
        lines.push("this is production".to_owned());
    }
    let reason = matches!(it.request, Request::Resolve { .. }).then(String::new);
    Confirm {
        title: it.title,
        lines,
        verb: it.verb.to_owned(),
        danger: it.danger,
        must_type: service.filter(|_| production).map(|it| it.name.to_string()),
        typed: String::new(),
        at_reason: reason.is_some(),
        asks_for_reason: false,
        reason,
        yes: false,
        opened: app.now + UNSEEN,
        drawn: false,
        request: it.request,
        what: it.what,
        object: Some(it.object),
        undo: it.undo,
    }
}

/// `a1b9f3c Fix cart rounding`, or the deployment's id while its commit is not known.
pub fn commit_words(app: &App, id: &DeploymentId) -> String {
    match app.store.deployments.get(id).and_then(|it| it.commit.as_ref()) {
        Some(commit) => format!("{} {}", commit.short(), commit.message.lines().next().unwrap_or_default()),
        None => id.to_string(),
    }
}
