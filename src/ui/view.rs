//! One whole frame.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::layout::Size;
use crate::app::pane::PaneId;
use crate::app::state::App;
use crate::theme::Theme;

use super::cx::Cx;
use super::kit::glyph;
use super::{footer, header, overlays, panes, timeline, tiny, toast};

/// Draws the state. Pure; never panics, at any size.
pub fn view(app: &App, theme: &Theme, buf: &mut Buffer) {
    // Areas count from the top left; a buffer that begins elsewhere is not one of a screen.
    let area = buf.area;
    if area.is_empty() || area.x != 0 || area.y != 0 {
        return;
    }
    let cx = Cx { app, theme, areas: app.areas_of(area.width, area.height) };
    buf.set_style(area, theme.ground());
    match cx.areas.size {
        Size::Line => tiny::draw(&cx, cx.areas.header, buf),
        Size::Small => {
            panes::draw(&cx, app.focus, cx.areas.pane(app.focus), buf);
            status(&cx, buf);
        }
        Size::Medium | Size::Tall | Size::Large | Size::Wide => {
            header::draw(&cx, cx.areas.header, buf);
            timeline::draw(&cx, cx.areas.timeline, buf);
            for pane in PaneId::ALL {
                panes::draw(&cx, pane, cx.areas.pane(pane), buf);
            }
            footer::draw(&cx, cx.areas.footer, buf);
        }
    }
    if cx.areas.size > Size::Line {
        overlays::draw(&cx, cx.areas.body, buf);
        toast::draw(&cx, buf);
    }
    if app.settings.ascii {
        glyph::to_ascii(buf);
    }
}

/// The one line under a lonely pane: what is typed, or the worst fact.
fn status(cx: &Cx<'_>, buf: &mut Buffer) {
    let row: Rect = cx.areas.footer;
    if cx.app.prompt.is_some() {
        footer::draw(cx, row, buf);
    } else {
        tiny::draw(cx, row, buf);
    }
}
