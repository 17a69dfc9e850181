//! The shared time axis: deploy markers and incident spans on a line, the volume of the logs under it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::facts::Mood;
use crate::app::logs::Volume;
use crate::app::timeline::Axis;
use crate::model::incident::Severity;
use crate::theme::Role;

use super::cx::Cx;
use super::kit::glyph::HEIGHTS;
use super::kit::pen::Pen;
use super::kit::{glyph, text};
use super::words;

/// Columns at the left for the name and the window.
const LEFT: u16 = 12;
/// Columns at the right for the time of the right end.
const RIGHT: u16 = 10;

/// Draws the strip into `area`: one row, or an axis with the volume under it.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    if area.width < LEFT + RIGHT + 8 || area.height == 0 {
        return;
    }
    let bar = Rect { x: area.x + LEFT, width: area.width - LEFT - RIGHT, ..area };
    let n = usize::from(bar.width);
    let axis = cx.app.axis();
    let volumes = cx.app.logs.histogram(axis.from, axis.to, n);
    ends(cx, axis, area, bar, buf);
    if area.height == 1 {
        heights(cx, &volumes, Rect { height: 1, ..bar }, buf);
        marks(cx, false, bar, buf);
    } else {
        line(cx, Rect { height: 1, ..bar }, buf);
        marks(cx, true, Rect { height: 1, ..bar }, buf);
        heights(cx, &volumes, Rect { y: bar.y + 1, height: bar.height - 1, ..bar }, buf);
    }
    if let Some(cell) = axis.cursor.and_then(|at| axis.cell(at, n)) {
        let column = Rect { x: bar.x + cell as u16, width: 1, ..bar };
        buf.set_style(column.intersection(buf.area), cx.style(Role::TimeCursor));
    }
}

fn ends(cx: &Cx<'_>, axis: Axis, area: Rect, bar: Rect, buf: &mut Buffer) {
    let app = cx.app;
    let (left, right) = (Rect { width: LEFT, height: 1, ..area }, Rect { x: bar.right(), width: RIGHT, height: 1, ..area });
    let end = app.timeline.cursor.map_or_else(|| app.hour(axis.to), |at| app.second(at));
    let role = if app.timeline.cursor.is_some() { Role::Accent } else { Role::Dim };
    Pen::new(buf, right).skip(1).put(text::head(&end, RIGHT - 1), cx.style(role));
    if area.height == 1 {
        Pen::new(buf, left).skip(1).put(text::tail(&app.hour(axis.from), LEFT - 2), cx.style(Role::Dim));
        return;
    }
    Pen::new(buf, left).skip(1).put("Timeline", cx.style(Role::Title));
    let window = app.timeline.words();
    Pen::new(buf, Rect { y: area.y + 1, ..left }).skip(1).put(text::head(&window, LEFT - 2), cx.style(Role::Dim));
    if area.height > 2 {
        Pen::new(buf, Rect { y: area.y + area.height - 1, ..left }).skip(1).put("log lines", cx.style(Role::Dim));
    }
}

/// The bare axis, with times along it.
fn line(cx: &Cx<'_>, bar: Rect, buf: &mut Buffer) {
    Pen::new(buf, bar).fill('─', bar.width, cx.style(Role::Axis));
    let axis = cx.app.axis();
    let n = usize::from(bar.width);
    let parts = (n / 24).clamp(1, 8);
    for i in 0..parts {
        let words = format!("{} ", cx.app.hour(axis.time(i, parts)));
        let x = bar.x + (n * i / parts) as u16;
        Pen::new(buf, Rect { x, width: bar.right() - x, ..bar }).put(&words, cx.style(Role::Dim));
    }
}

/// Incidents as strokes, deployments as markers; with `labels`, what they are, as far as there is room.
fn marks(cx: &Cx<'_>, labels: bool, bar: Rect, buf: &mut Buffer) {
    let n = usize::from(bar.width);
    if labels {
        for span in cx.app.spans(n) {
            // Labels are written over it: what is bold would stay bold under them.
            let style = Style { add_modifier: ratatui::style::Modifier::empty(), ..cx.style(stroke(&span.severity)) };
            let len = span.cells.1 - span.cells.0 + 1;
            let area = Rect { x: bar.x + span.cells.0 as u16, width: len as u16, ..bar };
            Pen::new(buf, area).fill(
                '━',
                area.width,
                if span.lit { style.add_modifier(ratatui::style::Modifier::REVERSED) } else { style },
            );
            if len > 6 {
                Pen::new(buf, area).skip(2).put(" ", style).put(&span.severity.label(), style).put(" ", style);
            }
        }
    }
    let marks = cx.app.marks(n);
    for (i, it) in marks.iter().enumerate() {
        let x = bar.x + it.cell as u16;
        let role = if it.mood == Mood::Good { Role::Marker } else { words::mood(it.mood).1 };
        let style = if it.lit { cx.style(role).add_modifier(ratatui::style::Modifier::REVERSED) } else { cx.style(role) };
        let sign = if it.mood == Mood::Bad { glyph::FAIL } else { glyph::MARKER };
        let next = marks.get(i + 1).map_or(n, |it| it.cell);
        let label = text::width(&it.label) + 1;
        let mut pen = Pen::new(buf, Rect { x, width: bar.right() - x, ..bar });
        pen.put(sign, style);
        if labels && usize::from(label) + 2 < next.saturating_sub(it.cell) {
            pen.put(" ", style).put(&it.label, cx.style(if it.lit { Role::Strong } else { Role::Dim })).put(" ", style);
        }
    }
}

const fn stroke(severity: &Severity) -> Role {
    match words::severity(severity) {
        Role::P1 => Role::Bad,
        other => other,
    }
}

/// The volume as heights over all rows of `bar`; a column's colour is the loudest level worth a look.
fn heights(cx: &Cx<'_>, volumes: &[Volume], bar: Rect, buf: &mut Buffer) {
    let bar = bar.intersection(buf.area);
    let most = volumes.iter().map(sum).max().unwrap_or(0);
    let steps = u32::from(bar.height) * 8;
    if most == 0 {
        return;
    }
    for (i, volume) in volumes.iter().enumerate().take(usize::from(bar.width)) {
        let all = sum(volume);
        if all == 0 {
            continue;
        }
        // By the root: a burst must not press everything else flat.
        let share = (f64::from(all) / f64::from(most)).sqrt();
        let mut left = ((share * f64::from(steps)).round() as u32).max(1);
        let style = loudest(cx, volume, all);
        for y in (bar.y..bar.bottom()).rev() {
            if left == 0 {
                break;
            }
            let now = left.min(8);
            buf[(bar.x + i as u16, y)].set_char(HEIGHTS[now as usize - 1]).set_style(style);
            left -= now;
        }
    }
}

fn sum(volume: &Volume) -> u32 {
    volume.iter().fold(0, |sum, n| sum.saturating_add(*n))
}

fn loudest(cx: &Cx<'_>, volume: &Volume, all: u32) -> Style {
    let [_, _, _, warn, error, fatal] = *volume;
    // One error in a thousand lines is no red second.
    let role = if (error + fatal).saturating_mul(50) >= all && error + fatal > 0 {
        Role::Bad
    } else if warn.saturating_mul(20) >= all && warn > 0 {
        Role::Warn
    } else {
        Role::Axis
    };
    cx.style(role)
}
