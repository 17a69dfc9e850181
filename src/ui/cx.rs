//! What every painter is given: the state, the looks, and where things are.

use ratatui::style::Style;

use crate::app::layout::Areas;
use crate::app::state::App;
use crate::theme::{Role, Theme};

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
}
