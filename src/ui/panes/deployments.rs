//! Deployments, those on their way on top, then newest first. The opened one is drawn by `deployment`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::pane::{PaneId, RowKey};
use crate::model::deploy::Deployment;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::bar::bar;
use super::super::kit::pen::Pen;
use super::super::kit::table::{Column, GAP, fit};
use super::super::kit::text;
use super::super::words;
use super::super::worst::went_wrong;
use super::{chrome, deployment, list};

const PANE: PaneId = PaneId::Deployments;

/// Status, service, commit, message, how it stands, took, by, branch, trigger, id.
const COLUMNS: [Column; 10] = [
    Column::fixed(11, 0),
    Column::upto(8, 14, 2),
    Column::fixed(7, 3),
    Column { min: 24, want: 34, rank: 1, grows: true },
    Column::upto(14, 34, 4),
    Column::fixed(7, 5),
    Column::upto(8, 14, 6),
    Column::upto(8, 14, 7),
    Column::fixed(14, 9),
    Column::upto(5, 8, 8),
];
/// The last column, and from which width of the pane on it takes nothing from the others.
const ID: usize = 9;
const FOR_ID: u16 = 110;
/// Under this width the commit's message gives way to what was deployed.
const NARROW: u16 = 60;
const MESSAGE: usize = 3;
/// The order on the screen.
const ORDER: [usize; 10] = [0, 9, 1, 2, 3, 7, 6, 8, 5, 4];

/// Draws the pane.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    let zoomed = cx.app.zoom && cx.app.focus == PANE;
    if let Some(it) = cx.app.open_deployment().filter(|_| zoomed || cx.areas.size <= crate::app::layout::Size::Medium) {
        deployment::draw(cx, it, area, buf);
        return;
    }
    let mut right: Vec<_> = chrome::filter(cx, PANE).into_iter().collect();
    if cx.app.running > 0 {
        right.push((format!("{} running", cx.app.running).into(), cx.style(Role::Busy)));
    }
    let inner = chrome::frame(cx, PANE, chrome::scope(cx), right, area, buf);
    if chrome::waiting(cx, PANE, inner, buf) {
        return;
    }
    if cx.app.view(PANE).rows.is_empty() {
        chrome::empty(cx, PANE, "nothing was deployed here yet", "D deploys the service under the cursor in Projects", inner, buf);
        return;
    }
    let mut columns = COLUMNS;
    if inner.width < FOR_ID {
        columns[ID].min = 0;
    }
    if inner.width < NARROW {
        columns[MESSAGE].min = 16;
    }
    let widths = fit(&columns, inner.width);
    list::rows(cx, PANE, area, inner, buf, |key, pen| {
        if let RowKey::Deployment(id) = key
            && let Some(it) = cx.app.deployment(id)
        {
            row(cx, it, &widths, pen);
        }
    });
    chrome::age(cx, inner, buf);
}

fn row(cx: &Cx<'_>, it: &Deployment, widths: &[u16; 10], pen: &mut Pen<'_>) {
    let past = it.status.ended() && !it.is_live() && !went_wrong(&it.status);
    let look = if past { Role::Dim } else { Role::Text };
    // Where the reason of a failure has no room at its place, it is worth more than the commit's message.
    let error = it.error.as_deref().filter(|_| went_wrong(&it.status));
    let error = error.filter(|it| text::width(it.lines().next().unwrap_or_default()) > widths[4] && widths[3] > widths[4]);
    for column in ORDER {
        let width = widths[column];
        if width == 0 {
            continue;
        }
        match column {
            0 => status(cx, it, width, pen),
            1 => {
                let name = cx.app.service_name(&it.service);
                let width = width - list::look_alike(cx, name, pen);
                pen.cell(name, width, cx.style(if past { Role::Dim } else { Role::Strong }));
            }
            2 => {
                pen.cell(it.commit.as_ref().map_or("", |it| it.short()), width, cx.style(Role::Dim));
            }
            3 if error.is_some() => {
                pen.cell(error.unwrap_or_default(), width, cx.style(Role::Bad));
            }
            3 => {
                pen.cell(it.commit.as_ref().map_or("", |it| &it.message), width, cx.style(look));
            }
            4 if error.is_some() => {
                pen.cell(&format!("{} ago", cx.app.ago(it.finished.unwrap_or(it.created))), width, cx.style(Role::Dim));
            }
            4 => outcome(cx, it, width, pen),
            5 => {
                pen.number(&it.took(cx.app.now).long(), width, cx.style(Role::Dim));
            }
            6 => {
                let who = words::who(it);
                // A first name is better than half a name.
                let who = if text::width(who) > width { who.split(' ').next().unwrap_or(who) } else { who };
                pen.cell(who, width, cx.style(Role::Dim));
            }
            7 => {
                pen.cell(it.branch.as_deref().unwrap_or_default(), width, cx.style(Role::Dim));
            }
            8 => {
                pen.cell(it.trigger.word(), width, cx.style(Role::Dim));
            }
            // As titles, hooks and the command line name it.
            _ => {
                pen.cell(&text::middle(it.id.as_str(), width), width, cx.style(Role::Dim));
            }
        }
        pen.skip(GAP);
    }
}

fn status(cx: &Cx<'_>, it: &Deployment, width: u16, pen: &mut Pen<'_>) {
    let sign = words::deployment(it);
    let glyph = if it.status.running() { cx.spinner() } else { sign.glyph };
    pen.put(glyph, cx.style(sign.role)).put(" ", cx.style(Role::Text)).cell(sign.word, width.saturating_sub(2), cx.style(sign.role));
}

/// What it came to: how far it is, since when it serves, or why it failed.
fn outcome(cx: &Cx<'_>, it: &Deployment, width: u16, pen: &mut Pen<'_>) {
    let app = cx.app;
    if it.status.running() {
        let stop = pen.x().saturating_add(width);
        bar(pen, f64::from(it.progress) / 100.0, width.saturating_sub(6).min(12), cx.style(Role::Busy), cx.style(Role::Border));
        pen.number(&format!("{} %", it.progress.min(100)), 6, cx.style(Role::Text)).to(stop);
        return;
    }
    match (it.live_from, it.live_to, &it.error) {
        (Some(from), None, _) => {
            pen.cell(&format!("active {}", app.ago(from)), width, cx.style(Role::Ok));
        }
        (_, _, Some(error)) if went_wrong(&it.status) => {
            pen.cell(error, width, cx.style(Role::Bad));
        }
        (Some(from), Some(to), _) => {
            if let Some(back) = app.taken_back.get(&it.id) {
                // What is cut off must not be the one word that says by which.
                let ways = [format!("rolled back by {back}, {} ago", app.ago(to)), format!("rolled back by {back}")];
                let fits = ways.into_iter().find(|it| text::width(it) <= width);
                pen.cell(&fits.unwrap_or_else(|| format!("rollback {back}")), width, cx.style(Role::Warn));
                return;
            }
            let (served, ended) = (format!("served {}", to.since(from).short()), format!(", until {} ago", app.ago(to)));
            let room = usize::from(width) >= served.len() + ended.len();
            pen.cell(&if room { served + &ended } else { served }, width, cx.style(Role::Dim));
        }
        _ => {
            pen.cell(&format!("{} ago", app.ago(it.finished.unwrap_or(it.created))), width, cx.style(Role::Dim));
        }
    }
}
