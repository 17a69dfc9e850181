//! One deployment opened: its stages with their usual lengths, its error in full, its facts.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::deploys::{self, Estimate, FEW, Usual, bytes};
use crate::app::layout::Size;
use crate::app::logs_pane::beside;
use crate::app::pane::PaneId;
use crate::model::deploy::{DeployStatus, Deployment, Release, Stage, StageTime};
use crate::model::time::Millis;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::bar::bar;
use super::super::kit::flow::Flow;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{Place, thumb};
use super::super::kit::{glyph, text};
use super::super::words;
use super::super::worst::went_wrong;
use super::service::{NAME, fact, heading};
use super::{before_after, chrome, logs};

const PANE: PaneId = PaneId::Deployments;
/// Lines around a failure; on a small screen half of them.
const LINES: usize = 10;

/// Draws `it` into the whole pane.
pub fn draw(cx: &Cx<'_>, it: &Deployment, area: Rect, buf: &mut Buffer) {
    let name = format!("{} {}", cx.app.service_name(&it.service), it.commit.as_ref().map_or("", |it| it.short()));
    let back = (format!("{} goes back", cx.key("back").to_lowercase()).into(), cx.style(Role::Dim));
    let inner = chrome::frame(cx, PANE, chrome::part(cx, name, Role::Strong).to_vec(), vec![back], area, buf);
    let rows = beside(inner);
    let wide = rows.x > inner.x;
    let (left, right) = if wide {
        (Rect { width: rows.x - inner.x - 2, ..inner }, Rect { y: inner.y, height: inner.height, ..rows })
    } else {
        (inner, Rect::ZERO)
    };
    let (height, all) = (usize::from(left.height), Flow::measure(buf, left.width, |flow| page(cx, it, flow)));
    // Under a narrow one its log begins where it ends, and may be scrolled up to the half.
    let top = cx.app.view(PANE).open_top.min(all.saturating_sub(if wide { height } else { height / 2 }));
    let mut flow = Flow::new(buf, left, top);
    page(cx, it, &mut flow);
    if wide {
        logs::of_deployment(cx, it, right, buf);
    } else {
        flow.gap();
        let (rest, buf) = flow.rest();
        logs::of_deployment(cx, it, rest, buf);
    }
    thumb(area, Place { top, shown: height, all }, cx.style(Role::BorderFocus), buf);
    chrome::age(cx, inner, buf);
}

fn page(cx: &Cx<'_>, it: &Deployment, flow: &mut Flow<'_>) {
    let sign = words::deployment(it);
    let sign_glyph = if it.status.running() { cx.spinner() } else { sign.glyph };
    flow.line(|pen| {
        pen.put(sign_glyph, cx.style(sign.role))
            .put(" ", cx.style(Role::Text))
            .put(sign.word, cx.style(sign.role))
            .put("  ", cx.style(Role::Text));
        pen.fit(it.commit.as_ref().map_or("", |it| &it.message), cx.style(Role::Strong));
    });
    let past = deploys::past(cx.app.store.deployments.values(), it);
    if it.status.running() {
        flow.line(|pen| {
            bar(pen, f64::from(it.progress) / 100.0, 24, cx.style(Role::Busy), cx.style(Role::Border));
            pen.put(&format!(" {} %", it.progress.min(100)), cx.style(Role::Text));
        });
        if let Some(estimate) = deploys::estimate(it, &past, cx.app.now) {
            let role = if matches!(estimate, Estimate::Past { .. }) { Role::Warn } else { Role::Dim };
            flow.text(&estimate.words(), 0, cx.style(role));
        }
    }
    if let Some(error) = &it.error {
        flow.gap();
        flow.text(error, 0, cx.style(Role::Bad));
        if went_wrong(&it.status) {
            let room = if cx.app.areas().size >= Size::Large { LINES } else { LINES / 2 };
            before_after::around(cx, it, room, flow);
        }
    }
    // What it did to those it serves matters more than how long it took to get there.
    before_after::card(cx, it, flow);
    heading(cx, flow, "stages");
    for stage in deploys::stages(it) {
        flow.line(|pen| stage_row(cx, it, stage, deploys::of_stage(&past, stage), pen));
    }
    let total = it.took(cx.app.now);
    flow.line(|pen| {
        pen.cell("  all", 14, cx.style(Role::Dim)).number(&total.long(), 8, cx.style(Role::Strong)).skip(2);
        usual(cx, total, deploys::of_all(&past), pen);
    });
    flow.text(&of_what(it, past.len()), 0, cx.style(Role::Dim));
    heading(cx, flow, "facts");
    facts(cx, it, flow);
}

/// What "usual" is from.
fn of_what(it: &Deployment, n: usize) -> String {
    let what = if it.rollback_of.is_some() { "release put back" } else { "build" };
    match n {
        0 => format!("first {what} of this service: nothing is usual yet"),
        1 => format!("usual: of the one {what} before it that went well"),
        n => format!("usual: of the last {n} {what}s before it that went well"),
    }
}

fn facts(cx: &Cx<'_>, it: &Deployment, flow: &mut Flow<'_>) {
    let app = cx.app;
    if let Some(commit) = &it.commit {
        // Both ends of an id matter.
        let id = text::middle(&commit.id, flow.width().saturating_sub(NAME)).into_owned();
        fact(cx, flow, "commit", &id, Role::Text);
    }
    fact(cx, flow, "branch", it.branch.as_deref().unwrap_or_default(), Role::Text);
    fact(cx, flow, "author", words::who(it), Role::Text);
    fact(cx, flow, "asked by", &format!("{} ({})", it.by, it.trigger), Role::Text);
    fact(cx, flow, "asked", &format!("{}, {} ago", app.day(it.created), app.ago(it.created)), Role::Text);
    // Above what is long: whoever opens a deployment of somebody else's code looks for it.
    fact(cx, flow, "isolation", it.isolation.as_deref().unwrap_or_default(), Role::Text);
    match (it.live_from, it.live_to) {
        (Some(from), None) => fact(cx, flow, "serves", &format!("since {}, {}", app.second(from), app.ago(from)), Role::Ok),
        (Some(from), Some(to)) => {
            fact(cx, flow, "served", &format!("{} to {}, {}", app.second(from), app.second(to), to.since(from).long()), Role::Text);
        }
        _ => {}
    }
    fact(cx, flow, "url", it.url.as_deref().unwrap_or_default(), Role::Accent);
    if let Some(id) = &it.rollback_of {
        let to = app
            .deployment(id)
            .and_then(|it| it.commit.as_ref())
            .map_or_else(|| id.to_string(), |it| format!("{} {}", it.short(), it.message));
        fact(cx, flow, "put back", &to, Role::Text);
    }
    let kept = if it.kept { format!("kept: {} puts it back", cx.key("deploy.rollback")) } else { "no longer kept".to_owned() };
    if it.status.ended() && !it.is_live() {
        fact(cx, flow, "release", &kept, if it.kept { Role::Text } else { Role::Dim });
    }
    match &it.release {
        Some(release) => released(cx, release, flow),
        None if it.live_from.is_some() => fact(cx, flow, "put out", "what was put out was not recorded", Role::Dim),
        None => {}
    }
}

/// What was put out: names of variables, never values.
fn released(cx: &Cx<'_>, it: &Release, flow: &mut Flow<'_>) {
    fact(cx, flow, "replicas", &it.replicas.to_string(), Role::Text);
    fact(cx, flow, "size", &it.size.map(bytes).unwrap_or_default(), Role::Text);
    fact(cx, flow, "command", it.command.as_deref().unwrap_or_default(), Role::Text);
    let names: Vec<&str> = it.variables.iter().map(|(name, _)| name.as_str()).collect();
    fact(cx, flow, "variables", &if names.is_empty() { "none".to_owned() } else { names.join("  ") }, Role::Text);
}

fn stage_row(cx: &Cx<'_>, it: &Deployment, stage: &Stage, usual_time: Option<Usual>, pen: &mut Pen<'_>) {
    let time = it.stages.iter().find(|one| one.stage == *stage);
    let failed =
        matches!(it.status, DeployStatus::Failed | DeployStatus::Crashed) && it.stages.last().is_some_and(|one| one.stage == *stage);
    let (sign, role) = match time {
        _ if failed => (glyph::FAIL, Role::Bad),
        Some(StageTime { ended: Some(_), .. }) => (glyph::OK, Role::Ok),
        Some(_) if it.status.running() => (cx.spinner(), Role::Busy),
        Some(_) | None => (glyph::GONE, Role::Off),
    };
    pen.put(sign, cx.style(role)).put(" ", cx.style(Role::Text)).cell(
        stage.word(),
        12,
        cx.style(if time.is_some() { Role::Text } else { Role::Dim }),
    );
    let took = deploys::took(it, stage, cx.app.now);
    pen.number(&took.map(Millis::long).unwrap_or_default(), 8, cx.style(Role::Strong)).skip(2);
    usual(cx, took.unwrap_or_default(), usual_time, pen);
}

/// How long it usually takes, and that this one takes longer than nearly all.
fn usual(cx: &Cx<'_>, took: Millis, it: Option<Usual>, pen: &mut Pen<'_>) {
    let Some(it) = it else { return };
    let dim = cx.style(Role::Dim);
    if it.n < FEW {
        pen.put("before ", dim).put(&it.p50.long(), dim).put(&format!(" (n={})", it.n), dim);
        return;
    }
    pen.put("usually ", dim).put(&it.p50.long(), dim);
    if it.is_past(took) {
        pen.put("  past p95 (", cx.style(Role::Warn)).put(&it.p95.long(), cx.style(Role::Warn)).put(")", cx.style(Role::Warn));
    } else {
        pen.put(", p95 ", dim).put(&it.p95.long(), dim);
    }
}
