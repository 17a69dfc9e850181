//! The diff over everything: opening it, choosing what it is against, and its keys.

use crokey::KeyCombination;
use crokey::crossterm::event::KeyCode;

use super::action::Reason;
use super::deploys::DiffView;
use super::diff_page::{page, text};
use super::effect::{Effect, Fx};
use super::list_keys::scrolled;
use super::state::{App, Overlay};
use crate::model::deploy::Deployment;
use crate::model::ids::DeploymentId;

impl App {
    /// Opens the diff of a deployment against `other`, or else against what served before it.
    pub fn open_diff(&mut self, id: &DeploymentId, other: Option<&DeploymentId>) -> Result<(), Reason> {
        let Some(it) = self.deployment(id) else { return Err(format!("there is no deployment `{id}`").into()) };
        let base = match other {
            Some(other) => self.deployment(other),
            None => self.diff_base(it),
        };
        let Some(base) = base else {
            return Err(format!("{} has no other deployment to compare with", self.service_name(&it.service)).into());
        };
        let view = DiffView { from: base.id.clone(), to: id.clone(), top: 0, choosing: None };
        self.overlays.push(Overlay::Diff(view));
        Ok(())
    }

    /// What the deployment of a diff can be compared with: all others of its service, newest first.
    pub fn diff_choices(&self, id: &DeploymentId) -> Vec<&Deployment> {
        let Some(it) = self.deployment(id) else { return Vec::new() };
        let mut all: Vec<&Deployment> =
            self.store.deployments.values().filter(|one| one.service == it.service && one.id != it.id).collect();
        all.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        all
    }
}

/// A key for the diff; `None`: it is closed.
pub fn key(app: &mut App, fx: &mut Fx, key: KeyCombination, mut it: DiffView) -> Option<Overlay> {
    if let Some(at) = it.choosing {
        return Some(Overlay::Diff(choose(app, key, it, at)));
    }
    match *key.codes.first() {
        KeyCode::Enter | KeyCode::Char('d' | 'o') if key.modifiers.is_empty() => {
            let choices = app.diff_choices(&it.to);
            it.choosing = Some(choices.iter().position(|one| one.id == it.from).unwrap_or(0));
        }
        KeyCode::Char('s') => {
            std::mem::swap(&mut it.from, &mut it.to);
            it.top = 0;
        }
        KeyCode::Char('y') => {
            if let Some(diff) = app.diff_of(&it.from, &it.to) {
                fx.want(Effect::Copy { what: format!("diff of {} to {}", it.from, it.to), text: text(app, &diff) });
            }
        }
        _ => {
            let most = app.diff_of(&it.from, &it.to).map_or(0, |diff| page(app, &diff).len().saturating_sub(1));
            it.top = scrolled(key, it.top, most, app)?;
        }
    }
    Some(Overlay::Diff(it))
}

fn choose(app: &App, key: KeyCombination, mut it: DiffView, at: usize) -> DiffView {
    let choices = app.diff_choices(&it.to);
    match *key.codes.first() {
        KeyCode::Enter => {
            if let Some(one) = choices.get(at) {
                it.from = one.id.clone();
                it.top = 0;
            }
            it.choosing = None;
        }
        // Back to the diff as it was; a second one closes it.
        KeyCode::Esc | KeyCode::Char('q' | 'd') if key.modifiers.is_empty() => it.choosing = None,
        _ => it.choosing = Some(scrolled(key, at, choices.len().saturating_sub(1), app).unwrap_or(at)),
    }
    it
}
