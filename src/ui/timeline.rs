//! The shared time axis: deploy markers and incident spans on a line, the volume of the logs under it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::app::facts::Mood;
use crate::app::layout;
use crate::app::logs::Volume;
use crate::app::timeline::Axis;
use crate::model::incident::Severity;
use crate::model::time::Millis;
use crate::theme::Role;

use super::cx::Cx;
use super::kit::glyph::HEIGHTS;
use super::kit::pen::Pen;
use super::kit::{glyph, text};
use super::words;

/// One line in so many makes the column of a single row loud.
const LOUD: u32 = 50;
/// Columns between two times on the axis, at least.
const APART: i64 = 16;
/// Steps of time that are round.
const ROUND: [Millis; 14] = [
    Millis::mins(1),
    Millis::mins(2),
    Millis::mins(5),
    Millis::mins(10),
    Millis::mins(15),
    Millis::mins(30),
    Millis::hours(1),
    Millis::hours(2),
    Millis::hours(3),
    Millis::hours(6),
    Millis::hours(12),
    Millis::hours(24),
    Millis::hours(48),
    Millis::hours(168),
];

/// Draws the strip into `area`: one row, or an axis with the volume under it.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    let bar = layout::axis(area);
    if bar.width < 8 || area.height == 0 {
        return;
    }
    let n = usize::from(bar.width);
    let axis = cx.app.axis_of(n);
    let volumes = cx.app.logs.histogram(axis.from, axis.to, n);
    ends(cx, axis, area, bar, buf);
    if area.height == 1 {
        let bar = Rect { height: 1, ..bar };
        heights(cx, &volumes, bar, buf);
        spans(cx, bar, buf);
        marks(cx, false, bar, buf);
    } else {
        line(cx, axis, Rect { height: 1, ..bar }, buf);
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
    let (left, right) =
        (Rect { width: bar.x - area.x, height: 1, ..area }, Rect { x: bar.right(), width: area.right() - bar.right(), height: 1, ..area });
    // The last cell may end in a minute that has not begun.
    let end = app.timeline.cursor.map_or_else(|| app.hour(axis.to.min(app.now)), |at| app.second(at));
    let role = if app.timeline.cursor.is_some() { Role::Accent } else { Role::Dim };
    Pen::new(buf, right).skip(1).put(&end, cx.style(role));
    let mut pen = Pen::new(buf, left);
    pen.skip(1);
    if area.height == 1 {
        pen.put("last ", cx.style(Role::Dim)).put(&app.timeline.words(), cx.style(Role::Dim));
        return;
    }
    pen.put("Timeline", cx.style(Role::Title));
    Pen::new(buf, Rect { y: area.y + 1, ..left }).skip(1).put(&app.timeline.words(), cx.style(Role::Dim));
    if area.height > 2 {
        Pen::new(buf, Rect { y: area.y + area.height - 1, ..left }).skip(1).put("log lines", cx.style(Role::Dim));
    }
}

/// The bare axis, with round times along it, each where it is.
fn line(cx: &Cx<'_>, axis: Axis, bar: Rect, buf: &mut Buffer) {
    Pen::new(buf, bar).fill('─', bar.width, cx.style(Role::Axis));
    let marks = cx.app.marks(usize::from(bar.width));
    for (cell, words) in times(cx, axis, usize::from(bar.width)) {
        // Nor is a marker set into its digits.
        if marks.iter().any(|it| (cell..=cell + words.len()).contains(&it.cell)) {
            continue;
        }
        // One that would be cut is left out: a time without its end is another time.
        if cell + words.len() < usize::from(bar.width) {
            let place = Rect { x: bar.x + cell as u16, width: bar.width - cell as u16, ..bar };
            Pen::new(buf, place).put(&words, cx.style(Role::Dim)).put(" ", cx.style(Role::Dim));
        }
    }
}

/// Round times along an axis of `n` cells, each with the cell it stands in.
pub fn times(cx: &Cx<'_>, axis: Axis, n: usize) -> Vec<(usize, String)> {
    let window = cx.app.timeline.window.0;
    let apart = window * APART / (n as i64).max(1);
    let step = ROUND.into_iter().find(|it| it.0 >= apart).unwrap_or(Millis(window.max(1)));
    let mut at = cx.app.round(axis.from, step);
    let mut times = Vec::new();
    while at <= axis.to {
        times.extend(axis.cell(at, n).map(|cell| (cell, cx.app.hour(at))));
        at = at + step;
    }
    times
}

/// Incidents on a single row: the severity where each began, and the columns under it in its look; a stroke where nothing was
/// logged.
fn spans(cx: &Cx<'_>, bar: Rect, buf: &mut Buffer) {
    for span in cx.app.spans(usize::from(bar.width)) {
        let mut style = cx.style(stroke(&span.severity));
        if span.lit {
            style = style.add_modifier(Modifier::REVERSED);
        }
        let (from, to) = (bar.x + span.cells.0 as u16, bar.x + span.cells.1 as u16);
        for x in from..=to.min(bar.right().saturating_sub(1)) {
            let cell = &mut buf[(x, bar.y)];
            if cell.symbol() == " " {
                cell.set_char('━');
            }
            cell.set_style(style);
        }
        let label = span.severity.label();
        if to - from > text::width(&label) {
            // After the marker that may stand where it began.
            Pen::new(buf, Rect { x: from + 1, width: to - from, ..bar }).put(&label, cx.style(words::severity(&span.severity)));
        }
    }
}

/// Incidents as strokes, deployments as markers; with `labels`, what they are, as far as there is room.
fn marks(cx: &Cx<'_>, labels: bool, bar: Rect, buf: &mut Buffer) {
    let n = usize::from(bar.width);
    if labels {
        for span in cx.app.spans(n) {
            // Labels are written over it: what is bold would stay bold under them.
            let style = Style { add_modifier: Modifier::empty(), ..cx.style(stroke(&span.severity)) };
            let len = span.cells.1 - span.cells.0 + 1;
            let area = Rect { x: bar.x + span.cells.0 as u16, width: len as u16, ..bar };
            Pen::new(buf, area).fill('━', area.width, if span.lit { style.add_modifier(Modifier::REVERSED) } else { style });
            if len > 6 {
                Pen::new(buf, area).skip(2).put(" ", style).put(&span.severity.label(), style).put(" ", style);
            }
        }
    }
    let marks = cx.app.marks(n);
    for (i, it) in marks.iter().enumerate() {
        let x = bar.x + it.cell as u16;
        let role = if it.mood == Mood::Good { Role::Marker } else { words::mood(it.mood).1 };
        let style = if it.lit { cx.style(role).add_modifier(Modifier::REVERSED) } else { cx.style(role) };
        let sign = match it.mood {
            Mood::Bad => glyph::FAIL,
            Mood::Busy => glyph::BUSY,
            Mood::Good | Mood::Warn => glyph::MARKER,
        };
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

/// The volume as heights over all rows of `bar`; what is worth a look stands in its colour at the foot of its column.
pub fn heights(cx: &Cx<'_>, volumes: &[Volume], bar: Rect, buf: &mut Buffer) {
    let bar = bar.intersection(buf.area);
    let most = volumes.iter().map(sum).max().unwrap_or(0);
    let steps = f64::from(bar.height) * 8.0;
    if most == 0 {
        return;
    }
    let calm = cx.style(Role::Axis);
    for (i, volume) in volumes.iter().enumerate().take(usize::from(bar.width)) {
        let all = sum(volume);
        if all == 0 {
            continue;
        }
        // By the root: a burst must not press everything else flat, nor a thousand lines hide ten errors.
        let share = |n: u32, of: u32| (f64::from(n) / f64::from(of)).sqrt();
        let high = ((share(all, most) * steps).round() as usize).max(1);
        let (n, loud) = loudest(cx, volume);
        // In a single row there is no foot to stand at: a column is loud as a whole, or not at all.
        let loud_high = match bar.height {
            1 if n > 0 && n.saturating_mul(LOUD) >= all => high,
            1 => 0,
            _ => ((share(n, all) * high as f64).round() as usize).min(high),
        };
        for (row, y) in (bar.y..bar.bottom()).rev().enumerate() {
            let (here, loud_here) = (high.saturating_sub(row * 8).min(8), loud_high.saturating_sub(row * 8).min(8));
            if here == 0 {
                break;
            }
            let (height, style) = match (loud_here, here, calm.fg) {
                (0, ..) => (here, calm),
                // Two colours in a cell, where there is a whole cell of them.
                (1..8, 8, Some(back)) => (loud_here, loud.bg(back)),
                _ => (here, loud),
            };
            buf[(bar.x + i as u16, y)].set_char(HEIGHTS[height - 1]).set_style(style);
        }
    }
}

fn sum(volume: &Volume) -> u32 {
    volume.iter().fold(0, |sum, n| sum.saturating_add(*n))
}

/// The lines of a column that are worth a look, and their look: errors, else warnings.
fn loudest(cx: &Cx<'_>, volume: &Volume) -> (u32, Style) {
    let [_, _, _, warn, error, fatal] = *volume;
    let errors = error.saturating_add(fatal);
    if errors > 0 { (errors, cx.style(Role::Bad)) } else { (warn, cx.style(Role::Warn)) }
}
