//! The project or service under the cursor in full: where it comes from, how it stands, what it has done.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::pane::{PaneId, RowKey};
use crate::model::deploy::{DeployStatus, Deployment};
use crate::model::lookalike;
use crate::model::metric::Metric;
use crate::model::project::Project;
use crate::model::service::{Replica, Service};
use crate::model::text::Clean;
use crate::model::time::Millis;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::flow::Flow;
use super::super::kit::pen::Pen;
use super::super::kit::text;
use super::super::kit::unit::Unit;
use super::super::words;

/// Columns of a fact's name.
pub const NAME: u16 = 13;

/// Draws the row under the cursor of the projects pane.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    let mut flow = Flow::new(buf, area, cx.app.view(PaneId::Projects).open_top);
    match cx.app.row(PaneId::Projects) {
        Some(RowKey::Service(id)) => {
            if let Some(it) = cx.app.store.services.get(id) {
                service(cx, it, &mut flow);
            }
        }
        Some(RowKey::Project(id)) => {
            if let Some(it) = cx.app.store.projects.get(id) {
                project(cx, it, &mut flow);
            }
        }
        _ => {}
    }
}

/// One named fact.
pub fn fact(cx: &Cx<'_>, flow: &mut Flow<'_>, name: &str, value: &str, role: Role) {
    if !value.is_empty() {
        flow.line(|pen| {
            pen.cell(name, NAME, cx.style(Role::Dim)).fit(value, cx.style(role));
        });
    }
}

/// The name of a part of a page.
pub fn heading(cx: &Cx<'_>, flow: &mut Flow<'_>, name: &str) {
    flow.gap();
    flow.line(|pen| {
        pen.put(name, cx.style(Role::Accent));
    });
}

/// What a person should know of a name that can be taken for another.
fn careful(cx: &Cx<'_>, flow: &mut Flow<'_>, name: &str) {
    if let Some(why) = lookalike::warning(name) {
        flow.text(&why, 0, cx.style(Role::Warn));
    }
}

fn project(cx: &Cx<'_>, it: &Project, flow: &mut Flow<'_>) {
    flow.line(|pen| {
        pen.put(&it.name, cx.style(Role::Strong)).put("  project, ", cx.style(Role::Dim)).put(it.state.word(), cx.style(Role::Dim));
    });
    careful(cx, flow, &it.name);
    flow.gap();
    for env in &it.environments {
        let role = if env.production { Role::Warn } else { Role::Text };
        fact(cx, flow, "environment", &env.words(), role);
    }
    if let Some(team) = cx.app.store.teams.get(&it.team) {
        let people: Vec<String> = team.members.iter().map(|it| format!("{} ({})", it.name, it.role)).collect();
        fact(cx, flow, "team", &format!("{}: {}", team.name, people.join(", ")), Role::Text);
    }
    fact(cx, flow, "created", &format!("{} ago", cx.app.ago(it.created)), Role::Text);
    let services: Vec<&Service> = cx.app.store.services.values().filter(|service| service.project == it.id).collect();
    let live = services.iter().filter(|it| it.serves()).count();
    fact(cx, flow, "services", &format!("{live} of {} live", services.len()), Role::Text);
    record(cx, flow, &mut cx.app.store.deployments.values().filter(|one| one.project == it.id));
}

fn service(cx: &Cx<'_>, it: &Service, flow: &mut Flow<'_>) {
    let app = cx.app;
    let sign = words::health(&it.health);
    flow.line(|pen| {
        pen.put(&it.name, cx.style(Role::Strong)).put("  ", cx.style(Role::Text));
        pen.put(sign.glyph, cx.style(sign.role)).put(" ", cx.style(Role::Text)).put(sign.word, cx.style(sign.role));
        if it.production {
            pen.put("  ", cx.style(Role::Text)).put(" PROD ", cx.style(Role::Production));
        }
    });
    careful(cx, flow, &it.name);
    if let Some(reason) = &it.reason {
        flow.text(reason, 0, cx.style(if it.health.rank() < 2 { Role::Warn } else { Role::Dim }));
    }
    flow.gap();
    fact(cx, flow, "kind", it.kind.word(), Role::Text);
    fact(cx, flow, "url", it.url.as_deref().unwrap_or_default(), Role::Accent);
    fact(cx, flow, "repository", &it.repo.url, Role::Text);
    fact(cx, flow, "branch", it.repo.branch.as_deref().unwrap_or("the repository's default"), Role::Text);
    fact(cx, flow, "folder", it.repo.root.as_deref().unwrap_or_default(), Role::Text);
    fact(cx, flow, "health path", it.health_path.as_deref().unwrap_or_default(), Role::Text);
    let last = app.store.deployments.values().filter(|one| one.service == it.id).max_by_key(|one| one.created);
    if let Some(last) = last {
        let sign = words::deployment(last);
        let commit = last.commit.as_ref().map(|it| format!("{} {}", it.short(), it.message)).unwrap_or_default();
        fact(cx, flow, "last deploy", &format!("{} {} {} ago  {commit}", sign.glyph, sign.word, app.ago(last.created)), sign.role);
    }
    record(cx, flow, &mut app.store.deployments.values().filter(|one| one.service == it.id));
    heading(cx, flow, "replicas");
    fact(cx, flow, "serving", &format!("{} of {} wanted", it.up(), it.wanted()), Role::Text);
    let mut limits = Vec::new();
    limits.extend(it.limits.cpu.map(|cpu| Unit::Cores.show(cpu)));
    limits.extend(it.limits.memory.map(|bytes| format!("{} memory", Unit::Bytes.show(bytes as f64))));
    limits.extend(it.limits.files.map(|n| format!("{n} open files for each process")));
    fact(cx, flow, "limits", &if limits.is_empty() { "none".to_owned() } else { limits.join(", ") }, Role::Text);
    for one in &it.replicas {
        flow.line(|pen| replica(cx, it, one, pen));
    }
    heading(cx, flow, "variables");
    if it.variables.is_empty() {
        flow.text("none", 0, cx.style(Role::Dim));
    }
    let names: Vec<&str> = it.variables.iter().map(Clean::as_str).collect();
    flow.text(&names.join("  "), 0, cx.style(Role::Text));
}

fn replica(cx: &Cx<'_>, service: &Service, it: &Replica, pen: &mut Pen<'_>) {
    let sign = words::replica(&it.state);
    pen.cell(&format!("{}.{}", service.name, it.index), NAME, cx.style(cx.service(&service.id)));
    pen.put(sign.glyph, cx.style(sign.role)).put(" ", cx.style(Role::Text)).cell(sign.word, 16, cx.style(sign.role));
    let value = |metric, unit: Unit| {
        cx.app.metrics.of_replica(&service.id, it.index, &metric).map(|(_, value)| unit.show(value)).unwrap_or_default()
    };
    pen.number(&value(Metric::Cpu, Unit::Cores), 11, cx.style(Role::Text))
        .number(&value(Metric::Memory, Unit::Bytes), 10, cx.style(Role::Text))
        .skip(2);
    let mut words: Vec<String> = Vec::new();
    words.extend(it.started.map(|at| format!("up {}", cx.app.ago(at))));
    if it.restarts > 0 {
        words.push(format!("{} restarts", it.restarts));
    }
    words.extend(it.port.map(|it| format!("port {it}")));
    words.extend(it.pid.map(|it| format!("pid {it}")));
    // A number is never cut: what has no room is left out.
    for word in words {
        if text::width(&word) > pen.left() {
            break;
        }
        pen.put(&word, cx.style(if it.restarts > 0 { Role::Warn } else { Role::Dim })).put("  ", cx.style(Role::Dim));
    }
}

/// How often it went well, and how long it takes.
fn record(cx: &Cx<'_>, flow: &mut Flow<'_>, all: &mut dyn Iterator<Item = &Deployment>) {
    let (mut good, mut bad, mut took) = (0_u32, 0_u32, Vec::new());
    for it in all {
        match it.status {
            DeployStatus::Success => {
                good += 1;
                took.push(it.took(cx.app.now).0);
            }
            DeployStatus::Failed | DeployStatus::Crashed => bad += 1,
            _ => {}
        }
    }
    let ended = good + bad;
    if ended == 0 {
        return;
    }
    let share = f64::from(good) / f64::from(ended);
    let role = if share < 0.5 { Role::Warn } else { Role::Text };
    fact(cx, flow, "success", &format!("{} of {ended} deployments, {}", good, Unit::Share.show(share)), role);
    if !took.is_empty() {
        let mean = took.iter().sum::<i64>() / took.len() as i64;
        fact(cx, flow, "takes", &format!("{} on average", Millis(mean).long()), Role::Text);
    }
}
