//! Plain lists over everything: windows of the timeline, what was done, what a command said.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::state::{Activity, ActivityState};
use crate::app::timeline::RANGES;
use crate::model::ids::IncidentId;
use crate::model::incident::Severity;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::flow::Flow;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{Place, thumb};
use super::super::kit::{glyph, text as words};
use super::sheet::Sheet;

const NARROW: u16 = 34;
const WIDE: u16 = 100;

/// The windows of the timeline.
pub fn ranges(cx: &Cx<'_>, cursor: usize, area: Rect, buf: &mut Buffer) {
    let names: Vec<&str> = RANGES.iter().map(|(name, _)| *name).collect();
    choice(cx, "Time shown", &names, cx.app.timeline.name(), cursor, area, buf);
}

/// How bad an incident is, with how soon somebody must have it.
pub fn severities(cx: &Cx<'_>, incident: &IncidentId, cursor: usize, area: Rect, buf: &mut Buffer) {
    let times = &cx.app.settings.response;
    let said = |it: &Severity| {
        let counted = match it {
            Severity::P3 => ", business hours",
            Severity::P4 => ", a business day",
            _ => "",
        };
        format!("{} {}{counted}", it.label(), times.length(it).unwrap_or_default().short())
    };
    let names: Vec<String> = Severity::KNOWN.iter().map(said).collect();
    let now = cx.app.incident(incident).map(|it| said(&it.severity)).unwrap_or_default();
    choice(cx, "How bad is it?", &names.iter().map(String::as_str).collect::<Vec<_>>(), &now, cursor, area, buf);
}

fn choice(cx: &Cx<'_>, title: &str, names: &[&str], now: &str, cursor: usize, area: Rect, buf: &mut Buffer) {
    let rows = names.len().clamp(1, 20) as u16;
    let (frame, inner) = Sheet { title, keys: "enter  esc", border: Role::BorderFocus, width: NARROW, rows }.draw(cx, area, buf);
    let shown = usize::from(inner.height);
    let top = (cursor + 1).saturating_sub(shown);
    for (i, name) in names.iter().enumerate().skip(top).take(shown) {
        let row = Rect { y: inner.y + (i - top) as u16, height: 1, ..inner };
        let here = *name == now;
        let mut pen = Pen::new(buf, row);
        pen.put(if here { glyph::DOT } else { " " }, cx.style(Role::Accent)).put(" ", cx.style(Role::Text));
        pen.fit(name, cx.style(if here { Role::Strong } else { Role::Text }));
        if i == cursor {
            buf.set_style(row.intersection(buf.area), cx.style(Role::Cursor));
        }
    }
    thumb(frame, Place { top, shown, all: names.len() }, cx.style(Role::BorderFocus), buf);
}

/// What was done in this session, newest first, with its answer and the way back.
pub fn activity(cx: &Cx<'_>, top: usize, area: Rect, buf: &mut Buffer) {
    let all = &cx.app.activity;
    let rows = (all.len() as u16).saturating_mul(2).clamp(2, area.height.saturating_sub(2).max(2));
    let (frame, inner) =
        Sheet { title: "Done in this session", keys: "↑↓  esc", border: Role::BorderFocus, width: WIDE, rows }.draw(cx, area, buf);
    let mut flow = Flow::new(buf, inner, 0);
    if all.is_empty() {
        flow.text("nothing yet; every write you ask for is kept here, with its answer and how to take it back", 0, cx.style(Role::Dim));
    }
    for it in all.iter().rev().skip(top) {
        deed(cx, it, &mut flow);
    }
    thumb(frame, Place { top, shown: usize::from(inner.height) / 2, all: all.len() }, cx.style(Role::BorderFocus), buf);
}

fn deed(cx: &Cx<'_>, it: &Activity, flow: &mut Flow<'_>) {
    let (sign, role, answer) = match &it.state {
        ActivityState::Sent => (cx.spinner(), Role::Busy, "no answer yet"),
        ActivityState::Done(text) => (glyph::OK, Role::Ok, text.as_str()),
        ActivityState::Failed(text) => (glyph::FAIL, Role::Bad, text.as_str()),
    };
    flow.line(|pen| {
        pen.put(&cx.app.second(it.at), cx.style(Role::Dim))
            .put("  ", cx.style(Role::Text))
            .put(sign, cx.style(role))
            .put(" ", cx.style(Role::Text));
        if it.context != cx.app.settings.context {
            pen.put(&it.context, cx.style(Role::Warn)).put(" ", cx.style(Role::Text));
        }
        pen.fit(&it.what, cx.style(Role::Strong));
        pen.put("  ", cx.style(Role::Text))
            .put(it.request.as_ref().map_or("hook", crate::model::request::Request::name), cx.style(Role::Dim));
    });
    flow.line(|pen| {
        pen.skip(12);
        if let Some(undo) = &it.undo {
            let back = words::cut(undo, pen.left() / 2).into_owned();
            pen.right(&back, cx.style(Role::Dim)).right("  back: ", cx.style(Role::Dim));
        }
        pen.fit(answer, cx.style(if role == Role::Bad { Role::Bad } else { Role::Text }));
    });
}

/// A text to read: what a command said.
pub fn text(cx: &Cx<'_>, title: &str, lines: &[String], top: usize, area: Rect, buf: &mut Buffer) {
    page(cx, (title, "↑↓  esc"), lines, top, area, buf);
}

fn page(cx: &Cx<'_>, (title, keys): (&str, &str), lines: &[String], top: usize, area: Rect, buf: &mut Buffer) {
    let room = WIDE.min(area.width).saturating_sub(4);
    let long: usize = lines.iter().map(|it| words::wrap(it, room).len().max(1)).sum();
    let rows = long.clamp(1, usize::from(area.height.saturating_sub(2)).max(1)) as u16;
    let (frame, inner) = Sheet { title, keys, border: Role::BorderFocus, width: WIDE, rows }.draw(cx, area, buf);
    let mut flow = Flow::new(buf, inner, 0);
    for line in lines.iter().skip(top) {
        if line.is_empty() {
            flow.gap();
        }
        flow.text(line, 0, cx.style(Role::Text));
    }
    thumb(frame, Place { top, shown: usize::from(inner.height), all: lines.len() }, cx.style(Role::BorderFocus), buf);
}
