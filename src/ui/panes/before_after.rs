//! The before/after card of a deployment, and the log lines around a failure, as parts of its page.

use crate::app::deploys::{self, Card, From, Line, Measure, Part, Verdict};
use crate::app::logs::{Piece, pieces};
use crate::model::deploy::Deployment;
use crate::model::log::LogLine;
use crate::model::text::plain_line;
use crate::model::time::Millis;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::flow::Flow;
use super::super::kit::glyph;
use super::super::kit::pen::Pen;
use super::super::kit::unit::Unit;
use super::super::words;
use super::service::heading;

/// New patterns that are named; all are counted.
const NAMED: usize = 4;
/// Columns of a measure's name, and of a value.
const NAME: u16 = 13;
const VALUE: u16 = 9;

/// The card of `it`; nothing of one that never served.
pub fn card(cx: &Cx<'_>, it: &Deployment, flow: &mut Flow<'_>) {
    if it.live_from.is_none() {
        return;
    }
    heading(cx, flow, "before and after");
    let Some(card) = cx.app.deploys.card(&it.id) else {
        flow.text("? not asked for yet: the platform is not connected", 0, cx.style(Role::Unknown));
        return;
    };
    let (sign, role) = look(card.verdict);
    flow.line(|pen| {
        pen.put(sign, cx.style(role)).put(" ", cx.style(role)).put(card.verdict.word(), cx.style(role));
        let judged = format!("  {} of {} judged", card.judged(), card.lines.len());
        pen.put(&judged, cx.style(Role::Dim));
    });
    flow.text(&spans(cx, card), 0, cx.style(Role::Dim));
    for line in &card.lines {
        flow.line(|pen| row(cx, line, pen));
    }
    flow.text(&from(card), 0, cx.style(Role::Dim));
    for one in card.fresh.iter().take(NAMED) {
        let (level, role) = words::level(one.level);
        let shown: String = pieces(&one.text)
            .map(|it| match it {
                Piece::Plain(text) => text,
                Piece::Var(var) => var.word(),
            })
            .collect();
        flow.line(|pen| {
            pen.put("  new ", cx.style(Role::Dim)).put(level, cx.style(role)).put(&format!(" {}x ", one.count), cx.style(Role::Dim));
            pen.fit(&shown, cx.style(Role::Text));
        });
    }
    if card.fresh.len() > NAMED {
        flow.text(&format!("  and {} more", card.fresh.len() - NAMED), 0, cx.style(Role::Dim));
    }
    for why in &card.missing {
        flow.text(&format!("? {why}"), 0, cx.style(Role::Unknown));
    }
}

/// A verdict's sign and role. Its word stands beside it always.
pub const fn look(it: Verdict) -> (&'static str, Role) {
    match it {
        Verdict::Better => (glyph::OK, Role::Ok),
        Verdict::Same => ("=", Role::Text),
        Verdict::Worse => (glyph::FAIL, Role::Bad),
        Verdict::Unknown(_) => (glyph::UNKNOWN, Role::Unknown),
    }
}

/// A length of time; whole minutes without their seconds.
fn span(it: Millis) -> String {
    let long = it.long();
    long.strip_suffix(" 00s").map_or_else(|| long.clone(), str::to_owned)
}

/// Which time is compared with which: what a chart reads now is of seconds, and so another number.
fn spans(cx: &Cx<'_>, card: &Card) -> String {
    let after = card.after.length();
    let state = if card.closed { "after" } else { "after it so far" };
    let Some(base) = &card.base else { return format!("nothing served before it; {} {state}", span(after)) };
    let name = cx.app.deployment(base).and_then(|it| it.commit.as_ref()).map_or_else(|| base.to_string(), |it| it.short().to_owned());
    format!("over {} of {name} before and {} {state}", span(card.before.length()), span(after))
}

fn row(cx: &Cx<'_>, line: &Line, pen: &mut Pen<'_>) {
    let unit = match line.measure {
        Measure::Errors => Unit::Share,
        Measure::P95 => Unit::Millis,
        Measure::Memory => Unit::Bytes,
        Measure::LogRate => Unit::PerSecond,
        Measure::Patterns => Unit::Count,
    };
    let value = |it: Option<f64>| it.map_or_else(|| "–".to_owned(), |it| unit.show(it));
    let (sign, role) = look(line.verdict);
    pen.cell(line.measure.word(), NAME, cx.style(Role::Dim));
    if line.measure == Measure::Patterns {
        pen.skip(VALUE + 3).number(&value(line.after), VALUE, cx.style(Role::Strong));
    } else {
        pen.number(&value(line.before), VALUE, cx.style(Role::Text)).put(" → ", cx.style(Role::Dim));
        pen.number(&value(line.after), VALUE, cx.style(Role::Strong));
    }
    pen.skip(2).put(sign, cx.style(role)).put(" ", cx.style(role)).fit(line.verdict.word(), cx.style(role));
}

/// From how much: of each kind of sample the largest.
fn from(card: &Card) -> String {
    let both = |a: String, b: String, what: &str| format!("{a} / {b} {what}");
    let count = |n: u64| Unit::Count.show(n as f64);
    let (mut requests, mut lines, mut time) = (None, None, (Millis(0), Millis(0)));
    for line in &card.lines {
        match line.from {
            From::Requests(a, b) => requests = Some((a, b)),
            From::Lines(a, b) => lines = Some((a, b)),
            From::Time(a, b) => time = (time.0.max(a), time.1.max(b)),
        }
    }
    let parts = [
        requests.map(|(a, b)| both(count(a), count(b), "requests")),
        Some(both(span(time.0), span(time.1), "measured")),
        lines.map(|(a, b)| both(count(a), count(b), "lines compared")),
    ];
    format!("from {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// The log lines around what went wrong, with where they are from.
pub fn around(cx: &Cx<'_>, it: &Deployment, room: usize, flow: &mut Flow<'_>) {
    let Some(part) = cx.app.deploys.tail(&it.id) else { return };
    let lines = match part {
        Part::Asking => return flow.text("asking for the lines around it…", 0, cx.style(Role::Dim)),
        Part::Failed(why) => return flow.text(&format!("? the lines around it could not be had: {why}"), 0, cx.style(Role::Unknown)),
        Part::Here(lines) if lines.is_empty() => return flow.text("? no line of it is kept", 0, cx.style(Role::Unknown)),
        Part::Here(lines) => lines,
    };
    let (range, at) = deploys::around(lines, room);
    let shown = &lines[range.clone()];
    flow.gap();
    flow.text(&whence(cx, shown), 0, cx.style(Role::Dim));
    for (i, line) in shown.iter().enumerate() {
        one(cx, line, range.start + i == at, flow);
    }
}

/// `its last lines: build log, 14:02:03 to 14:02:05`.
fn whence(cx: &Cx<'_>, shown: &[LogLine]) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    for line in shown {
        if !kinds.contains(&line.kind.word()) {
            kinds.push(line.kind.word());
        }
    }
    let time = |it: Option<&LogLine>| it.map_or_else(String::new, |it| cx.app.second(it.at));
    format!("around it: {} log, {} to {}", kinds.join(" and "), time(shown.first()), time(shown.last()))
}

fn one(cx: &Cx<'_>, line: &LogLine, here: bool, flow: &mut Flow<'_>) {
    let (_, role) = words::level(line.level);
    let text = plain_line(&line.text);
    let text = cx.app.logs.veil(text);
    flow.line(|pen| {
        pen.put(if here { glyph::INTO } else { " " }, cx.style(Role::Accent)).put(" ", cx.style(Role::Text));
        pen.fit(&text, cx.style(if here { Role::Strong } else { role }));
    });
}
