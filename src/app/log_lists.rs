//! Lists over the log pane: patterns and marks. A key moves in them, or does something to the one under the cursor.

use crokey::KeyCombination;
use crokey::crossterm::event::KeyCode;

use super::list_keys::scrolled;
use super::logs::{MarkId, Order, Reach, Release, Seq, Since};
use super::pane::PaneId;
use super::state::{App, NoticeKind, Overlay};
use crate::model::deploy::{Deployment, Stage};

/// What becomes of the list after a key; `None`: it is closed.
type After = Option<Overlay>;

/// A key for the list of patterns; `at` is the pattern under the cursor.
pub fn patterns(app: &mut App, key: KeyCombination, at: Option<usize>, order: Order) -> After {
    let ids = app.logs.patterns().map(|it| it.sorted(order)).unwrap_or_default();
    let cursor = place(&ids, at);
    let here = ids.get(cursor).copied();
    let (filter, newest) =
        app.logs.patterns().zip(here).map_or((None, None), |(all, id)| (all.filter(id), all.get(id).map(|it| it.newest)));
    match *key.codes.first() {
        KeyCode::Enter => keep(app, filter, false),
        KeyCode::Char('!') => keep(app, filter, true),
        KeyCode::Char('o') => {
            if let Some(seq) = newest {
                app.set_focus(PaneId::Logs);
                app.logs.go_to(seq);
            }
        }
        KeyCode::Char('s') => return Some(Overlay::Patterns { at: here, order: order.next() }),
        _ => {
            if let Some(to) = scrolled(key, cursor, ids.len().saturating_sub(1), app) {
                return Some(Overlay::Patterns { at: ids.get(to).copied(), order });
            }
        }
    }
    app.logs.stop_grouping();
    None
}

/// Adds the filter of a pattern.
fn keep(app: &mut App, filter: Option<String>, out: bool) {
    app.set_focus(PaneId::Logs);
    let Some(filter) = filter else {
        return app.notify(NoticeKind::Warn, "nothing in such lines is fixed: there is nothing to keep them by");
    };
    let typed = if out { format!("!{filter}") } else { filter };
    if let Err((_, why)) = app.filter_logs(&typed) {
        app.notify(NoticeKind::Warn, why);
    }
}

/// A key for the list of marks; `at` is the mark under the cursor.
pub fn marks(app: &mut App, key: KeyCombination, at: Option<MarkId>) -> After {
    let (lines, all): (Vec<Seq>, Vec<MarkId>) = app.logs.marked().map(|(seq, mark, _)| (seq, mark.id)).unzip();
    let cursor = place(&all, at);
    let here = lines.get(cursor).copied();
    match *key.codes.first() {
        KeyCode::Enter => {
            if let Some(seq) = here {
                go(app, seq);
            }
            None
        }
        KeyCode::Char('d' | 'm' | 'x') | KeyCode::Delete if key.modifiers.is_empty() => {
            let seq = here?;
            app.logs.unmark(seq);
            // The next one takes its place.
            let next = all.get(cursor + 1).or_else(|| all.get(cursor.checked_sub(1)?)).copied()?;
            Some(Overlay::Marks { at: Some(next) })
        }
        _ => scrolled(key, cursor, all.len().saturating_sub(1), app).map(|to| Overlay::Marks { at: all.get(to).copied() }),
    }
}

fn go(app: &mut App, seq: Seq) {
    app.set_focus(PaneId::Logs);
    match app.logs.go_to_marked(seq) {
        Some(Reach::Gone) => app.notify(NoticeKind::Warn, "the marked line is not held now; this is where it was"),
        Some(Reach::Hidden) => app.notify(NoticeKind::Info, "a filter hides the marked line; esc puts the filter on again"),
        Some(Reach::Shown) | None => {}
    }
}

/// Where in `all` the one under the cursor is; the first, when it is gone or nothing was chosen.
pub fn place<T: PartialEq>(all: &[T], at: Option<T>) -> usize {
    at.and_then(|at| all.iter().position(|it| *it == at)).unwrap_or(0)
}

impl App {
    /// Opens the list of patterns.
    pub fn open_patterns(&mut self) {
        self.logs.group_alike(self.releases());
        self.overlays.push(Overlay::Patterns { at: None, order: Order::default() });
    }

    /// Goes on with grouping while its list is open; measured by what is released now.
    pub fn settle_patterns(&mut self, bytes: usize) {
        if !self.overlays.iter().any(|it| matches!(it, Overlay::Patterns { .. })) {
            return;
        }
        self.logs.group_alike(self.releases());
        self.logs.group(bytes);
    }

    /// The deployment of each service that new patterns are measured by: the pinned one, else the newest that ever started.
    fn releases(&self) -> Since {
        let mut since = Since::default();
        let pinned = self.pinned_deployment();
        // Only what is shown can be compared; a request is followed through all services.
        let everywhere = pinned.is_some() || self.logs.trail().is_some();
        let shown = |it: &&Deployment| everywhere || self.in_scope(&it.project, Some(&it.service));
        for it in self.store.deployments.values().filter(|it| started(it)).filter(shown) {
            let held = since.releases.get(&it.service).and_then(|held: &Release| self.store.deployments.get(&held.deployment));
            let newer = held.is_none_or(|held| (held.created, &held.id) < (it.created, &it.id));
            let wanted = pinned.as_ref().is_none_or(|id| *id == it.id);
            if newer && wanted {
                since.releases.insert(it.service.clone(), release(it));
            }
        }
        let later = self.store.deployments.values().filter(|it| {
            let held = since.releases.get(&it.service).and_then(|held| self.store.deployments.get(&held.deployment));
            held.is_some_and(|held| (held.created, &held.id) < (it.created, &it.id))
        });
        since.later = later.map(|it| it.id.clone()).collect();
        for it in self.store.deployments.values().filter(|it| started(it)) {
            let Some(release) = since.releases.get_mut(&it.service) else { continue };
            let held = self.store.deployments.get(&release.deployment);
            release.first &= held.is_none_or(|held| (held.created, &held.id) <= (it.created, &it.id));
        }
        since
    }
}

/// Whether it came so far that its program ran.
fn started(it: &Deployment) -> bool {
    it.live_from.is_some() || it.stages.iter().any(|it| it.stage == Stage::Deploying)
}

fn release(it: &Deployment) -> Release {
    let began = it.stages.iter().find(|it| it.stage == Stage::Deploying).map_or(it.created, |it| it.began);
    let name = it.commit.as_ref().map_or_else(|| it.id.to_string(), |commit| commit.short().to_owned());
    Release { deployment: it.id.clone(), at: began, name, first: true }
}
