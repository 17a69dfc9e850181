//! What every painter is given: the state, the looks, and where things are.

use std::borrow::Cow;

use ratatui::style::Style;

use crate::app::layout::Areas;
use crate::app::pane::PaneId;
use crate::app::state::App;
use crate::model::ids::ServiceId;
use crate::theme::{Role, Theme};

use super::kit::glyph;

/// Borrowed for one frame.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    pub app: &'a App,
    pub theme: &'a Theme,
    pub areas: Areas,
}

impl Cx<'_> {
    /// The look of `role`.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// The colour of a service, the same all through the session.
    pub fn service(&self, id: &ServiceId) -> Role {
        Role::SERVICES[usize::from(self.app.hue(id)) % Role::SERVICES.len()]
    }

    /// Whether `pane` has the keys.
    pub fn focused(&self, pane: PaneId) -> bool {
        self.app.focus == pane && self.app.overlays.is_empty()
    }

    /// The first key of an action, as the person has bound it; `:name` where it has none.
    pub fn key(&self, action: &str) -> Cow<'_, str> {
        self.app.keymap.keys_of(action).first().map_or_else(|| format!(":{action}").into(), |it| it.as_str().into())
    }

    /// The sign of something that really runs: it turns with the clock.
    pub fn spinner(&self) -> &'static str {
        let frame = self.app.now.0.div_euclid(250).rem_euclid(4);
        glyph::SPIN[frame as usize % 4]
    }
}
