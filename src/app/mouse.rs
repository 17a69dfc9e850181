//! The mouse: focus, rows, wheel, and the time cursor by pointing at the axis.

use ratatui::layout::{Position, Rect};

use super::effect::Fx;
use super::layout;
use super::logs::{Body, Clockface};
use super::msg::{Mouse, MouseKind};
use super::pane::PaneId;
use super::perform::act;
use super::state::App;
use super::timeline::Axis;

/// Rows of one notch of the wheel.
const NOTCH: isize = 3;

/// Takes a mouse event. Overlays and prompts are for the keys: a stray click must not answer a question.
pub fn mouse(app: &mut App, fx: &mut Fx, it: Mouse) {
    if !app.overlays.is_empty() || app.prompt.is_some() {
        fx.unchanged = true;
        return;
    }
    if app.drag_border(it) {
        return;
    }
    let areas = app.areas();
    let at = Position::new(it.x, it.y);
    let strip = app.log_parts(&areas).map(|(strip, _)| strip).filter(|it| it.contains(at));
    if let Some(area) = strip.or_else(|| areas.timeline.contains(at).then_some(areas.timeline)) {
        // Both stand over the same columns.
        return match it.kind {
            MouseKind::Press | MouseKind::Drag => {
                let bar = layout::axis(areas.timeline);
                point(app, app.axis_of(usize::from(bar.width)), bar, it.x);
            }
            MouseKind::Up | MouseKind::Down if area == areas.timeline => zoom(app, it.kind == MouseKind::Up),
            MouseKind::Up => wheel(app, PaneId::Logs, -NOTCH),
            MouseKind::Down => wheel(app, PaneId::Logs, NOTCH),
            MouseKind::Release => fx.unchanged = true,
        };
    }
    if let (Some(plot), MouseKind::Press | MouseKind::Drag) = (app.chart_area().filter(|it| it.contains(at)), it.kind) {
        // As it will be drawn with the cursor on it: the one that was pointed at is the one that is marked.
        return point(app, app.held_axis(), plot, it.x);
    }
    let Some(pane) = PaneId::ALL.into_iter().find(|pane| areas.pane(*pane).contains(at)) else {
        fx.unchanged = true;
        return;
    };
    match it.kind {
        MouseKind::Press => press(app, fx, pane, at),
        MouseKind::Up => wheel(app, pane, -NOTCH),
        MouseKind::Down => wheel(app, pane, NOTCH),
        MouseKind::Drag | MouseKind::Release => fx.unchanged = true,
    }
}

fn press(app: &mut App, fx: &mut Fx, pane: PaneId, at: Position) {
    let list = app.list_area(pane);
    let was = app.focus;
    app.set_focus(pane);
    if pane == PaneId::Logs {
        return press_line(app, fx, was == pane, at);
    }
    if !list.contains(at) || app.view(pane).open.is_some() {
        return;
    }
    let view = &mut app.views[pane.index()];
    let row = view.top + usize::from(at.y - list.y);
    if row >= view.rows.len() {
        return;
    }
    // A click on the row where the cursor already is opens it.
    if was == pane && view.cursor == row {
        return act(app, fx, "open", "");
    }
    view.cursor = row;
    view.at = view.rows.get(row).cloned();
}

/// The reader stands on the line that was pointed at; a second time opens its record.
fn press_line(app: &mut App, fx: &mut Fx, focused: bool, at: Position) {
    let Some((_, rows)) = app.log_parts(&app.areas()).filter(|(_, rows)| rows.contains(at)) else { return };
    let shown = app.logs.visible(Clockface::default());
    let extra = shown.len().saturating_sub(usize::from(rows.height));
    let Some(row) = shown.get(extra + usize::from(at.y - rows.y)).filter(|it| !matches!(it.body, Body::Edge(_) | Body::Cut)) else {
        return;
    };
    let (seq, again) = (row.seq, row.cursor && focused && !app.logs.view.follow);
    if again {
        return act(app, fx, "open", "");
    }
    app.logs.go_to(seq);
}

fn wheel(app: &mut App, pane: PaneId, by: isize) {
    if pane == PaneId::Logs {
        return app.logs.scroll(by);
    }
    let focus = std::mem::replace(&mut app.focus, pane);
    app.move_by(by);
    app.focus = focus;
}

/// Puts the time cursor where an axis that is drawn over `bar` was pointed at; beside it is its end.
fn point(app: &mut App, axis: Axis, bar: Rect, x: u16) {
    let n = usize::from(bar.width);
    let cell = i64::from(x.saturating_sub(bar.x).min(bar.width));
    // The cell that holds now is the present, and so is what is right of it.
    if axis.start(cell.saturating_add(1), n) > app.now {
        return app.go_live();
    }
    app.look_at(axis.start(cell, n));
}

/// A notch of the wheel over the axis: a narrower or a wider window.
fn zoom(app: &mut App, closer: bool) {
    let window = app.timeline.zoomed(if closer { -1 } else { 1 });
    app.set_window(window);
}
