//! The table of actions: a file a domain. Order here is the order in footer and help.

mod app;
mod deploy;
mod fields;
mod go;
mod incident;
mod logs;
mod metrics;
mod nav;
mod notify;
mod panes;
mod replay;
mod respond;
mod timeline;
mod view;

use super::action::Action;

const TABLES: &[&[Action]] = &[
    nav::ACTIONS,
    logs::ACTIONS,
    metrics::ACTIONS,
    fields::ACTIONS,
    deploy::ACTIONS,
    incident::ACTIONS,
    respond::ACTIONS,
    timeline::ACTIONS,
    notify::ACTIONS,
    view::ACTIONS,
    panes::ACTIONS,
    go::ACTIONS,
    app::ACTIONS,
    replay::ACTIONS,
];

/// All actions, in the order of help.
pub fn all() -> impl Iterator<Item = &'static Action> {
    TABLES.iter().copied().flatten()
}

/// The action of that name.
pub fn find(name: &str) -> Option<&'static Action> {
    all().find(|it| it.name == name)
}
