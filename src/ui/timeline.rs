//! The shared time axis: what stands on it in lanes, the volume of the logs under it, and the one cursor through both.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::deeds::Kind;
use crate::app::facts::Mood;
use crate::app::layout;
use crate::app::logs::Volume;
use crate::app::marks::Said;
use crate::app::timeline::Axis;
use crate::app::volume::Known;
use crate::model::time::Millis;
use crate::theme::Role;

use super::cx::Cx;
use super::kit::glyph::{self, HEIGHTS};
use super::kit::pen::Pen;
use super::kit::text;
use super::lanes::{self, Scene};

/// One line in so many makes the column of a single row loud.
const LOUD: u32 = 50;
/// Columns between two times on the axis, at least.
const APART: i64 = 16;
/// Steps of time that are round.
const ROUND: [Millis; 20] = [
    Millis::secs(5),
    Millis::secs(10),
    Millis::secs(15),
    Millis::secs(30),
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
    Millis::hours(96),
    Millis::hours(168),
    Millis::hours(336),
];
/// Beyond this, times are no times of a calendar.
const CALENDAR: i64 = i64::MAX / 4;

/// Draws the strip into `area`: one row, or lanes over the volume.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    let bar = layout::axis(area);
    if bar.width < 8 || area.height == 0 {
        return;
    }
    let scene = Scene::of(cx.app, usize::from(bar.width));
    let (volumes, known) = cx.app.volume_known(scene.n);
    ends(cx, scene.axis, area, bar, buf);
    let low = match area.height {
        1 => bar,
        rows => {
            let lanes = if rows < 4 { 1 } else { 2 };
            lanes::deployments(cx, &scene, &times(cx, scene.axis, scene.n), Rect { height: 1, ..bar }, buf);
            if lanes > 1 {
                lanes::changes(cx, &scene, Rect { y: bar.y + 1, height: 1, ..bar }, buf);
            }
            Rect { y: bar.y + lanes, height: bar.height - lanes, ..bar }
        }
    };
    heights(cx, &volumes, low, buf);
    absent(cx, &known, low, buf);
    if area.height == 1 {
        lanes::folded(cx, &scene, bar, buf);
    }
    if let Some(cell) = scene.axis.cursor.and_then(|at| scene.axis.cell(at, scene.n)) {
        cursor_column(cx, Rect { x: bar.x + cell as u16, width: 1, ..bar }, buf);
        said(cx, &cx.app.said_at_cursor(scene.n), cell as u16, low, buf);
    }
}

fn ends(cx: &Cx<'_>, axis: Axis, area: Rect, bar: Rect, buf: &mut Buffer) {
    let app = cx.app;
    let (left, right) =
        (Rect { width: bar.x - area.x, height: 1, ..area }, Rect { x: bar.right(), width: area.right() - bar.right(), height: 1, ..area });
    if let Some(at) = app.timeline.cursor {
        Pen::new(buf, right).skip(1).put(&app.second(at), cx.style(Role::Past));
        if area.height > 1 {
            Pen::new(buf, Rect { y: area.y + 1, ..right }).skip(1).put(&format!("{} ago", app.ago(at)), cx.style(Role::Strong));
        }
        if area.height > 2 {
            let live = format!("{} live", cx.key("time.live"));
            Pen::new(buf, Rect { y: area.y + 2, ..right }).skip(1).put(&live, cx.style(Role::Dim));
        }
    } else {
        // The last cell may end in a minute that has not begun.
        Pen::new(buf, right).skip(1).put(&app.hour(axis.to.min(app.now)), cx.style(Role::Dim));
    }
    let mut pen = Pen::new(buf, left);
    pen.skip(1);
    if area.height == 1 {
        // Looked at from the past it is not the last one; and the word goes before a number is cut.
        let (last, window) = ("last ", app.timeline.words());
        let room = pen.left() >= text::width(last) + text::width(&window);
        pen.put(if app.timeline.cursor.is_none() && room { last } else { "" }, cx.style(Role::Dim)).put(&window, cx.style(Role::Dim));
        return;
    }
    pen.put("Timeline", cx.style(Role::Title));
    Pen::new(buf, Rect { y: area.y + 1, ..left }).skip(1).put(&app.timeline.words(), cx.style(Role::Dim));
    if area.height > 2 {
        Pen::new(buf, Rect { y: area.y + area.height - 1, ..left }).skip(1).put("log lines", cx.style(Role::Dim));
    }
}

/// Round times along an axis of `n` cells, each with the cell it stands in.
pub fn times(cx: &Cx<'_>, axis: Axis, n: usize) -> Vec<(usize, String)> {
    if axis.from.0.min(axis.to.0) < -CALENDAR || axis.from.0.max(axis.to.0) > CALENDAR {
        return Vec::new();
    }
    let window = axis.to.since(axis.from).0;
    let apart = window * APART / (n as i64).max(1);
    let step = ROUND.into_iter().find(|it| it.0 >= apart).unwrap_or(Millis(window.max(1)));
    let mut at = cx.app.round(axis.from, step);
    let mut times = Vec::new();
    while at <= axis.to {
        let words = if step < Millis::mins(1) { cx.app.second(at) } else { cx.app.hour(at) };
        times.extend(axis.cell(at, n).map(|cell| (cell, words)));
        at = at + step;
    }
    times
}

/// What is at the cursor, in full, beside it: what, who, when.
fn said(cx: &Cx<'_>, all: &[Said], cell: u16, rows: Rect, buf: &mut Buffer) {
    let ground = lanes::alone(cx.style(Role::Toast));
    let shown = usize::from(rows.height).min(all.len());
    for (i, it) in all.iter().take(shown).enumerate() {
        let more = if i + 1 == shown && all.len() > shown { format!(" +{} more", all.len() - shown) } else { String::new() };
        let (sign, role) = sign(it);
        let need = text::width(&it.text).saturating_add(text::width(sign) + 3 + text::width(&more));
        let (left, right) = (cell, rows.width.saturating_sub(cell + 1));
        let (from, width) =
            if need <= right || right >= left { (cell + 1, need.min(right)) } else { (left - need.min(left), need.min(left)) };
        let place = Rect { x: rows.x + from, y: rows.y + i as u16, width, height: 1 };
        let mut pen = Pen::new(buf, place);
        pen.fill(' ', width, ground);
        let mut pen = Pen::new(buf, place);
        pen.put(" ", ground).put(sign, over(ground, cx.style(role))).put(" ", ground);
        pen.right(" ", ground).right(&more, ground).fit(&it.text, ground);
    }
}

/// The look of a sign on the ground of a text.
fn over(ground: Style, look: Style) -> Style {
    lanes::alone(Style { bg: ground.bg, ..look })
}

fn sign(it: &Said) -> (&'static str, Role) {
    match (&it.severity, it.kind, it.mood) {
        (Some(severity), ..) => ("━", lanes::stroke(severity)),
        (_, Some(Kind::Exit), _) => (Kind::Exit.sign(), Role::Bad),
        (_, Some(kind), _) => (kind.sign(), Role::Marker),
        (.., Mood::Bad) => (glyph::FAIL, Role::Bad),
        (.., Mood::Busy) => (glyph::BUSY, Role::Busy),
        (.., Mood::Good | Mood::Warn) => (glyph::MARKER, Role::Marker),
    }
}

/// Where it is not known how much was logged: dots, and why. A gap is not a silence.
pub fn absent(cx: &Cx<'_>, known: &[Known], rows: Rect, buf: &mut Buffer) {
    let Some(y) = rows.bottom().checked_sub(1) else { return };
    let mut cell = 0;
    for run in known.chunk_by(|a, b| a == b) {
        let (from, n) = (cell, run.len());
        cell += n;
        if run[0] == Known::Yes {
            continue;
        }
        let place = Rect { x: rows.x + from as u16, y, width: n as u16, height: 1 };
        Pen::new(buf, place).fill('·', place.width, cx.style(Role::Axis));
        let words = cx.app.volume_words(run[0], from, n, known.len());
        if let Some(words) = words.iter().find(|it| usize::from(text::width(it)) + 2 <= n) {
            let before = (n - usize::from(text::width(words)) - 2) / 2;
            let style = cx.style(if run[0] == Known::Failed { Role::Warn } else { Role::Dim });
            Pen::new(buf, place).skip(before as u16).put(" ", style).put(words, style).put(" ", style);
        }
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

/// The time cursor over what was drawn in its column: whatever that is, it is seen. A full block would hide its ground, and what was
/// turned round already would be turned back.
pub fn cursor_column(cx: &Cx<'_>, column: Rect, buf: &mut Buffer) {
    let style = lanes::alone(cx.style(Role::TimeCursor));
    for place in column.intersection(buf.area).positions() {
        let cell = &mut buf[place];
        if cell.symbol().chars().any(|it| HEIGHTS.contains(&it)) {
            cell.set_char(' ');
        }
        cell.set_style(style);
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
