//! One whole frame.

use ratatui::buffer::Buffer;

use crate::app::layout::{Arrangement, layout};
use crate::app::state::App;
use crate::theme::Theme;

use super::cx::Cx;

/// Draws the state. Pure; never panics, at any size.
pub fn view(app: &App, theme: &Theme, buf: &mut Buffer) {
    let area = buf.area;
    let arrangement = Arrangement { focus: app.focus, zoom: app.zoom, production: app.settings.production };
    let cx = Cx { app, theme, areas: layout(area.width, area.height, arrangement) };
    buf.set_style(area, cx.theme.ground());
    let _ = cx;
}
