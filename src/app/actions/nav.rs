//! Moving: the cursor, the focus, in and out.

use crate::app::action::{ANYWHERE, Action, Arg, Deed, always};
use crate::app::effect::Fx;
use crate::app::pane::{PaneId, RowKey, Scope};
use crate::app::state::{App, Prompt, PromptKind};

const TREE: &[PaneId] = &[PaneId::Projects];
const LISTS: &[PaneId] = &[PaneId::Projects, PaneId::Deployments, PaneId::Incidents];

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    go("cursor.down",   &["j", "Down"],       "",       "One row down",                              |app, _, _| app.move_by(1)),
    go("cursor.up",     &["k", "Up"],         "",       "One row up",                                |app, _, _| app.move_by(-1)),
    go("page.down",     &["ctrl-d", "PgDn"],  "",       "A page down",                               |app, _, _| app.move_pages(1)),
    go("page.up",       &["ctrl-u", "PgUp"],  "",       "A page up",                                 |app, _, _| app.move_pages(-1)),
    go("cursor.top",    &["g", "Home"],       "",       "To the first row",                          |app, _, _| app.move_to_end(false)),
    go("cursor.bottom", &["G", "End"],        "",       "To the last row",                           |app, _, _| app.move_to_end(true)),
    go("open",          &["Enter"],           "open",   "Open: scope to it, its detail, its runbook, its record", |app, _, _| open(app)),
    go("back",          &["Esc"],             "back",   "One level back: detail, zoom, filter, time, scope", |app, _, _| { app.back(); }),
    go("focus.next",    &["Tab"],             "",       "Next pane",                                 |app, _, _| app.next_pane(1)),
    go("focus.previous",&["S-Tab"],           "",       "Previous pane",                             |app, _, _| app.next_pane(4)),
    go("focus.projects",    &["1"],           "",       "To Projects",                               |app, _, _| app.set_focus(PaneId::Projects)),
    go("focus.deployments", &["2"],           "",       "To Deployments",                            |app, _, _| app.set_focus(PaneId::Deployments)),
    go("focus.logs",        &["3"],           "",       "To Logs",                                   |app, _, _| app.set_focus(PaneId::Logs)),
    go("focus.metrics",     &["4"],           "",       "To Metrics",                                |app, _, _| app.set_focus(PaneId::Metrics)),
    go("focus.incidents",   &["5"],           "",       "To Incidents",                              |app, _, _| app.set_focus(PaneId::Incidents)),
    go("zoom",          &["z"],               "zoom",   "The focused pane over the whole screen, and back", |app, _, _| if app.zoom { app.zoom = false } else { app.zoom_in() }),
    go("overview",      &["0"],               "",       "All panes",                                 |app, _, _| overview(app)),
    Action::at_once(TREE,   "tree.fold",   &["h", "Left"],  "",      "Fold the project",                          |app, _, _| fold(app)),
    Action::at_once(TREE,   "tree.unfold", &["l", "Right"], "",      "Unfold the project; on a service: scope to it", |app, _, _| unfold(app)),
    Action::at_once(TREE,   "tree.sort",   &["s"],          "sort",  "Sort worst first, now",                     |app, _, _| { app.tree.clear(); app.dirty.projects = true; }),
    Action::at_once(LISTS,  "list.filter", &["/"],          "filter", "Keep the rows that hold a text",           |app, _, arg| filter(app, arg)),
];

const fn go(
    name: &'static str,
    keys: &'static [&'static str],
    label: &'static str,
    help: &'static str,
    run: fn(&mut App, &mut Fx, &str),
) -> Action {
    Action { name, keys, panes: ANYWHERE, label, help, arg: Arg::Nothing, when: always, deed: Deed::Run(run) }
}

fn open(app: &mut App) {
    match (app.focus, app.row(app.focus).cloned()) {
        (PaneId::Projects, Some(key)) => {
            let scope = match key {
                RowKey::Project(id) => Scope::Project(id),
                RowKey::Service(id) => Scope::Service(id),
                _ => return,
            };
            // The second Enter on the same thing goes into it.
            if app.scope == scope { app.zoom = true } else { app.set_scope(scope) }
        }
        (PaneId::Deployments, Some(RowKey::Deployment(id))) => app.show_deployment(id),
        (PaneId::Incidents, _) if app.open_suspect() => {}
        (PaneId::Incidents, Some(RowKey::Incident(id))) => app.show_incident(id),
        (PaneId::Metrics, _) => app.zoom_in(),
        (PaneId::Logs, _) => app.open_record(),
        _ => {}
    }
}

fn overview(app: &mut App) {
    app.zoom = false;
    // The log of a deployment was shown with it, and goes with it.
    if app.view(PaneId::Deployments).open.is_some() {
        app.unpin_logs();
    }
    for view in &mut app.views {
        view.open = None;
    }
}

fn fold(app: &mut App) {
    let project = match app.row(PaneId::Projects) {
        Some(RowKey::Project(id)) => id.clone(),
        Some(RowKey::Service(id)) => match app.store.services.get(id) {
            Some(it) => it.project.clone(),
            None => return,
        },
        _ => return,
    };
    app.views[PaneId::Projects.index()].at = Some(RowKey::Project(project.clone()));
    app.folded.insert(project);
    app.dirty.projects = true;
}

fn unfold(app: &mut App) {
    match app.row(PaneId::Projects).cloned() {
        Some(RowKey::Project(id)) if app.folded.remove(&id) => app.dirty.projects = true,
        Some(RowKey::Project(_)) => app.move_by(1),
        Some(RowKey::Service(id)) => app.set_scope(Scope::Service(id)),
        _ => {}
    }
}

fn filter(app: &mut App, arg: &str) {
    if app.focus == PaneId::Logs || app.focus == PaneId::Metrics {
        return;
    }
    let before = app.views[app.focus.index()].filter.clone();
    if arg.is_empty() {
        app.prompt = Some(Prompt { kind: PromptKind::Filter, caret: before.len(), text: before.clone(), error: None, before });
        return;
    }
    arg.clone_into(&mut app.views[app.focus.index()].filter);
    app.dirty = crate::app::state::Dirty::ALL;
}
