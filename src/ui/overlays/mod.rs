//! What lies over the panes. Only the last one takes keys; all are drawn, in order.

mod confirm;
mod diff;
mod fields;
mod filters;
mod help;
mod lists;
mod marks;
mod names;
mod note;
mod palette;
mod patterns;
mod record;
mod report;
mod sheet;
mod watches;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::state::Overlay;

use super::cx::Cx;

/// Draws all overlays into `area`.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    if area.width < 8 || area.height < 3 {
        return;
    }
    for it in &cx.app.overlays {
        match it {
            Overlay::Help { filter, top } => help::draw(cx, filter, *top, area, buf),
            Overlay::Palette(it) => palette::draw(cx, it, area, buf),
            Overlay::Confirm(it) => confirm::draw(cx, it, area, buf),
            Overlay::Note { incident, area: text } => note::draw(cx, incident, text, area, buf),
            Overlay::Severities(incident, cursor) => lists::severities(cx, incident, *cursor, area, buf),
            Overlay::Report(it) => report::draw(cx, it, area, buf),
            Overlay::Themes { names, .. } => names::themes(cx, names, area, buf),
            Overlay::Contexts(it) => names::contexts(cx, it, area, buf),
            Overlay::Ranges { cursor } => lists::ranges(cx, *cursor, area, buf),
            Overlay::Filters { cursor } => filters::draw(cx, *cursor, area, buf),
            Overlay::Activity { top } => lists::activity(cx, *top, area, buf),
            Overlay::Fields { cursor } => fields::draw(cx, *cursor, area, buf),
            Overlay::Record(it) => record::draw(cx, it, area, buf),
            Overlay::Output { title, lines, top } => lists::text(cx, title, lines, *top, area, buf),
            Overlay::Patterns { at, order } => patterns::draw(cx, *at, *order, area, buf),
            Overlay::Diff(it) => diff::draw(cx, it, area, buf),
            Overlay::Marks { at } => marks::draw(cx, *at, area, buf),
            Overlay::Watches { cursor } => watches::draw(cx, *cursor, area, buf),
        }
    }
}
