//! One deployment opened: its stages with their usual lengths, its error in full, its facts.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::pane::PaneId;
use crate::app::state::App;
use crate::model::deploy::{DeployStatus, Deployment, Stage, StageTime};
use crate::model::time::Millis;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::bar::bar;
use super::super::kit::flow::Flow;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{Place, thumb};
use super::super::kit::{glyph, text};
use super::super::words;
use super::service::{NAME, fact, heading};
use super::{chrome, logs};

const PANE: PaneId = PaneId::Deployments;
/// Past deployments that say what is usual.
const SAMPLE: usize = 20;
/// With fewer, nothing is usual yet.
const FEW: usize = 3;
const STAGES: [Stage; 4] = [Stage::Pending, Stage::Cloning, Stage::Building, Stage::Deploying];

/// Draws `it` into the whole pane.
pub fn draw(cx: &Cx<'_>, it: &Deployment, area: Rect, buf: &mut Buffer) {
    let name = format!("{} {}", cx.app.service_name(&it.service), it.commit.as_ref().map_or("", |it| it.short()));
    let back = (format!("{} goes back", cx.key("back").to_lowercase()).into(), cx.style(Role::Dim));
    let inner = chrome::frame(cx, PANE, chrome::part(cx, name, Role::Strong).to_vec(), vec![back], area, buf);
    let wide = inner.width >= 100 && inner.height >= 8;
    let (left, right) = if wide {
        // The facts are short; the log can use what they leave.
        let left = (inner.width * 2 / 5).clamp(54, 72);
        (Rect { width: left, ..inner }, Rect { x: inner.x + left + 2, width: inner.width - left - 2, ..inner })
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
    if it.status.running() {
        flow.line(|pen| {
            bar(pen, f64::from(it.progress) / 100.0, 24, cx.style(Role::Busy), cx.style(Role::Border));
            pen.put(&format!(" {} %", it.progress.min(100)), cx.style(Role::Text));
        });
    }
    if let Some(error) = &it.error {
        flow.gap();
        flow.text(error, 0, cx.style(Role::Bad));
    }
    heading(cx, flow, "stages");
    for stage in &STAGES {
        let usual = usual(cx.app, it, stage);
        flow.line(|pen| stage_row(cx, it, stage, usual, pen));
    }
    let total = it.took(cx.app.now).long();
    flow.line(|pen| {
        pen.cell("  all", 14, cx.style(Role::Dim)).number(&total, 8, cx.style(Role::Strong));
    });
    heading(cx, flow, "facts");
    facts(cx, it, flow);
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
    fact(cx, flow, "isolation", it.isolation.as_deref().unwrap_or_default(), Role::Text);
}

fn stage_row(cx: &Cx<'_>, it: &Deployment, stage: &Stage, usual: Option<Usual>, pen: &mut Pen<'_>) {
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
    let took = time.map(|one| one.ended.or(it.finished).unwrap_or(cx.app.now).since(one.began));
    pen.number(&took.map(Millis::long).unwrap_or_default(), 8, cx.style(Role::Strong)).skip(2);
    if let Some(usual) = usual {
        pen.put("usually ", cx.style(Role::Dim)).put(&usual.p50.long(), cx.style(Role::Dim));
        if took.is_some_and(|it| it > usual.p95) {
            pen.put(&format!("  past p95 ({})", usual.p95.long()), cx.style(Role::Warn));
        }
    }
}

/// How long a stage usually takes.
#[derive(Clone, Copy)]
struct Usual {
    p50: Millis,
    p95: Millis,
}

/// From this service's last deployments that got through the stage.
fn usual(app: &App, it: &Deployment, stage: &Stage) -> Option<Usual> {
    let mut past: Vec<&Deployment> = app.store.deployments.values().filter(|one| one.service == it.service && one.id != it.id).collect();
    past.sort_by_key(|one| std::cmp::Reverse(one.created));
    let times = past.into_iter().filter_map(|one| {
        let time = one.stages.iter().find(|one| one.stage == *stage)?;
        Some(time.ended?.since(time.began))
    });
    let mut times: Vec<Millis> = times.take(SAMPLE).collect();
    if times.len() < FEW {
        return None;
    }
    times.sort();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    Some(Usual { p50: at(50), p95: at(95) })
}
