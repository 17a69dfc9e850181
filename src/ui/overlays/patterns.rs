//! Log lines that are alike, grouped: one row a pattern, and the one under the cursor in full below.

use std::cmp::Reverse;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::log_lists::place;
use crate::app::logs::{Age, Before, ENOUGH, Edge, Order, Patterns, Piece, Release, pieces};
use crate::model::ids::ServiceId;
use crate::model::time::{Millis, Time};
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{self, thumb};
use super::super::kit::spark::spark;
use super::super::kit::unit::{Unit, count};
use super::super::kit::{glyph, text};
use super::super::words;
use super::sheet::Sheet;

const WIDTH: u16 = 170;
/// From this width on there is room for a sparkline and the age.
const ROOMY: u16 = 100;
/// Rows under the list: a line, the pattern in full, its times.
const DETAIL: u16 = 5;
/// Rows above it: what was looked at, what new ones are measured by.
const HEAD: u16 = 3;

/// Draws it.
pub fn draw(cx: &Cx<'_>, at: Option<usize>, order: Order, area: Rect, buf: &mut Buffer) {
    let Some(all) = cx.app.logs.patterns() else { return };
    let ids = all.sorted(order);
    let cursor = place(&ids, at);
    let rows = (ids.len() as u16).saturating_add(HEAD + DETAIL).max(12);
    let keys = "enter keep  ! leave out  o newest  s sort  esc";
    let (frame, inner) = Sheet { title: "Patterns", keys, border: Role::BorderFocus, width: WIDTH, rows }.draw(cx, area, buf);
    looked(cx, all, order, inner, buf);
    measured(cx, all, Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner }, buf);
    let detail = if inner.height >= HEAD + DETAIL + 3 { DETAIL } else { 0 };
    let head = HEAD.min(inner.height);
    let list = Rect { y: inner.y + head, height: inner.height.saturating_sub(head + detail), ..inner };
    let shown = usize::from(list.height);
    let top = (cursor + 1).saturating_sub(shown);
    for (i, id) in ids.iter().enumerate().skip(top).take(shown) {
        let row = Rect { y: list.y + (i - top) as u16, height: 1, ..list };
        one(cx, all, *id, row, buf);
        if i == cursor {
            buf.set_style(row.intersection(buf.area), cx.style(Role::Cursor));
        }
    }
    if let Some(id) = ids.get(cursor).filter(|_| detail > 0) {
        full(cx, all, *id, Rect { y: list.bottom(), height: detail, ..inner }, buf);
    }
    let edge = Rect { y: list.y.saturating_sub(1), height: list.height + 2, ..frame };
    thumb(edge, scroll::Place { top, shown, all: ids.len() }, cx.style(Role::BorderFocus), buf);
}

/// How many, of what.
fn looked(cx: &Cx<'_>, all: &Patterns, order: Order, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, area);
    pen.right(order.word(), cx.style(Role::Strong)).right("first: ", cx.style(Role::Dim));
    let patterns = if all.len() == 1 { "1 pattern".to_owned() } else { format!("{} patterns", all.len()) };
    let lines = format!("{patterns} in {} lines", count(all.looked() as f64));
    pen.put(&lines, cx.style(Role::Strong));
    if let Some((from, to)) = all.span() {
        pen.put(&format!(", {} to {}", cx.app.second(from), cx.app.second(to)), cx.style(Role::Dim));
    }
    if all.other() > 0 {
        pen.put(&format!(", {} lines of further patterns are not told apart", count(all.other() as f64)), cx.style(Role::Warn));
    }
    if !all.is_complete() {
        pen.put("  still looking…", cx.style(Role::Busy));
    }
}

/// What new ones are measured by.
fn measured(cx: &Cx<'_>, all: &Patterns, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, area);
    let mut releases: Vec<_> = all.since().releases.iter().zip(all.befores()).collect();
    // What was released last is asked after first, and there is seldom room for all.
    releases.sort_by_key(|((_, release), _)| Reverse(release.at));
    if releases.is_empty() {
        pen.fit("no deployment has started yet that new patterns could be measured by", cx.style(Role::Dim));
        return;
    }
    if !all.is_complete() {
        pen.fit("what is new is said when everything was looked at", cx.style(Role::Dim));
        return;
    }
    let edge = cx.app.logs.edge();
    if all.looks_back() && matches!(edge, Edge::Older | Edge::Asking) {
        let n = count(all.looked() as f64);
        pen.fit(&format!("{n} lines say too little of what came before; looking further back…"), cx.style(Role::Busy));
        return;
    }
    if releases.iter().all(|(_, before)| before.lines == 0) {
        nothing(cx, &releases, &edge, &mut pen);
        return;
    }
    let new = (0..all.len()).filter(|id| all.age(*id) == Age::New).count();
    pen.put(&format!("{new} new"), cx.style(if new > 0 { Role::Warn } else { Role::Dim }));
    pen.put(" since ", cx.style(Role::Dim));
    for (n, ((service, release), before)) in releases.iter().copied().enumerate() {
        if n > 0 {
            pen.put("; ", cx.style(Role::Dim));
        }
        let name = format!("{} {}", cx.app.service_name(service), release.name);
        let said = compared(release, before);
        if text::width(&name) + text::width(&said) + 2 > pen.left() {
            pen.fit(&format!("{} more", releases.len() - n), cx.style(Role::Dim));
            return;
        }
        pen.put(&name, cx.style(Role::Accent)).put(&said, cx.style(if before.lines < ENOUGH { Role::Warn } else { Role::Dim }));
    }
}

/// There is nothing to measure by, and why.
fn nothing(cx: &Cx<'_>, releases: &[((&ServiceId, &Release), &Before)], edge: &Edge, pen: &mut Pen<'_>) {
    let named = |first: bool| {
        let of = releases.iter().filter(|((_, it), _)| it.first == first);
        of.map(|((id, it), _)| format!("{} {}", cx.app.service_name(id), it.name)).collect::<Vec<_>>().join(", ")
    };
    let (later, first) = (named(false), named(true));
    let why = match edge {
        _ if later.is_empty() => format!("no release is known from before {first}"),
        Edge::Beginning => format!("no line is kept from before {later}"),
        Edge::Full => format!("there is no room for lines from before {later}"),
        Edge::Failed(_) => format!("lines from before {later} could not be had"),
        // As far back as one list of patterns reaches for it.
        Edge::Older | Edge::Asking if releases.len() > 1 => {
            format!("all lines held are newer than {later}; one service reaches further back")
        }
        Edge::Older | Edge::Asking => format!("all lines held are newer than {later}"),
    };
    pen.fit(&format!("nothing to compare with: {why}"), cx.style(Role::Dim));
}

fn compared(release: &Release, before: &Before) -> String {
    if release.first {
        return " (its first release)".to_owned();
    }
    if before.lines == 0 {
        return " (nothing from before it to compare with)".to_owned();
    }
    let long = release.at.since(before.from).long();
    let lines = count(before.lines as f64);
    if before.lines < ENOUGH {
        format!(" (not enough before it: {lines} lines)")
    } else {
        format!(" (against {lines} lines, {long} before it)")
    }
}

fn one(cx: &Cx<'_>, all: &Patterns, id: usize, area: Rect, buf: &mut Buffer) {
    let Some(it) = all.get(id) else { return };
    let mut pen = Pen::new(buf, area);
    let (word, role) = match all.age(id) {
        Age::New => ("NEW", Role::Warn),
        Age::Unsure => ("new?", Role::Dim),
        Age::Known => ("", Role::Dim),
    };
    pen.cell(word, 5, cx.style(role));
    pen.number(&count(it.count as f64), 6, cx.style(Role::Strong)).skip(1);
    pen.number(&Unit::Share.show(it.count as f64 / all.looked().max(1) as f64), 6, cx.style(Role::Dim)).skip(2);
    let (word, role) = words::level(it.usual());
    // The look of the level that most have; that some are louder is said, not shouted.
    let word = if it.usual() < it.level { format!("{word}+") } else { word.to_owned() };
    pen.cell(&word, 6, cx.style(role));
    if area.width >= ROOMY {
        let strip = all.strip(id);
        let most = strip.iter().copied().max().unwrap_or(0);
        let values: Vec<Option<f64>> = strip.iter().map(|n| (*n > 0).then_some(f64::from(*n))).collect();
        let stop = pen.x() + strip.len() as u16 + 1;
        spark(&mut pen, &values, f64::from(most), |_| cx.style(Role::Chart1));
        pen.to(stop);
        pen.number(&ago(cx, it.last), 5, cx.style(Role::Dim)).skip(2);
    }
    masked(cx, &all.text(id), &mut pen);
}

/// How long ago, in whole seconds: what flickers cannot be read.
fn ago(cx: &Cx<'_>, at: Time) -> String {
    let age = cx.app.now.since(at);
    if age < Millis::secs(1) { "now".to_owned() } else { age.short() }
}

/// Masked text, what varies told from what does not.
fn masked(cx: &Cx<'_>, masked: &str, pen: &mut Pen<'_>) {
    for piece in pieces(masked) {
        let (words, style) = match piece {
            Piece::Plain(words) => (words, cx.style(Role::Text)),
            Piece::Var(var) => (var.word(), cx.style(Role::Accent)),
        };
        if text::width(words) > pen.left() {
            pen.put(words, style).last(glyph::MORE, cx.style(Role::Dim));
            return;
        }
        pen.put(words, style);
    }
}

/// The pattern in full, as far as there is room, and its times.
fn full(cx: &Cx<'_>, all: &Patterns, id: usize, area: Rect, buf: &mut Buffer) {
    let Some(it) = all.get(id) else { return };
    Pen::new(buf, Rect { height: 1, ..area }).fill('─', area.width, cx.style(Role::Border));
    let readable: String = pieces(&all.text(id))
        .map(|it| match it {
            Piece::Plain(words) => words,
            Piece::Var(var) => var.word(),
        })
        .collect();
    let rows = text::wrap(&readable, area.width);
    for (n, words) in rows.iter().take(3).enumerate() {
        let row = Rect { y: area.y + 1 + n as u16, height: 1, ..area };
        Pen::new(buf, row).put(words, cx.style(Role::Strong));
    }
    let app = cx.app;
    let mut pen = Pen::new(buf, Rect { y: area.bottom() - 1, height: 1, ..area });
    pen.put("first ", cx.style(Role::Dim)).put(&app.second(it.first), cx.style(Role::Text));
    pen.put("  last ", cx.style(Role::Dim)).put(&app.second(it.last), cx.style(Role::Text));
    match all.age(id) {
        Age::New => pen.put("  did not occur before the deployment", cx.style(Role::Warn)),
        Age::Unsure => pen.put("  not seen before the deployment, but there is not enough from before it", cx.style(Role::Dim)),
        Age::Known => &mut pen,
    };
    if all.is_complete() && area.width >= ROOMY {
        pen.right(&format!("a column is {}", all.cell().long()), cx.style(Role::Dim));
    }
}
