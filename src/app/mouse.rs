//! The mouse: focus, rows, wheel, log lines selected by dragging over them, and the time cursor by pointing at the axis.

use ratatui::layout::{Position, Rect};

use super::effect::Fx;
use super::layout;
use super::logs::{Body, Clockface, Seq};
use super::msg::{Mouse, MouseKind};
use super::pane::PaneId;
use super::perform::act;
use super::state::{App, NoticeKind};
use super::timeline::Axis;

/// Rows of one notch of the wheel.
const NOTCH: isize = 3;

/// Takes a mouse event. Overlays and prompts are for the keys: a stray click must not answer a question.
pub fn mouse(app: &mut App, fx: &mut Fx, it: Mouse) {
    if !app.overlays.is_empty() || app.prompt.is_some() {
        fx.unchanged = true;
        return;
    }
    if app.drag_border(it) || drag_lines(app, fx, it) {
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
        return press_line(app, was == pane, at);
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

/// The reader stands on the line that was pointed at; a second time opens its record, once the button is let go: it may become a selection.
fn press_line(app: &mut App, focused: bool, at: Position) {
    let Some((_, rows)) = app.log_parts(&app.areas()).filter(|(_, rows)| rows.contains(at)) else { return };
    let Some((seq, here)) = line_at(app, rows, at.y) else { return };
    let selected = app.logs.unselect();
    let again = here && focused && !selected && !app.logs.view.follow;
    app.logs.view.grip = Some((seq, again));
    app.logs.go_to(seq);
}

/// From the line that was pressed on to the one the mouse was dragged to, all are selected. `true`: the event was for that alone.
fn drag_lines(app: &mut App, fx: &mut Fx, it: Mouse) -> bool {
    if it.kind == MouseKind::Press {
        app.logs.view.grip = None;
    }
    let Some((began, opens)) = app.logs.view.grip else { return false };
    match it.kind {
        MouseKind::Drag => {
            let Some((_, rows)) = app.log_parts(&app.areas()) else { return true };
            // Beyond the edge it goes on, a line at a time.
            if it.y < rows.y {
                app.logs.scroll(-1);
            } else if it.y >= rows.bottom() {
                app.logs.scroll(1);
            }
            let y = it.y.clamp(rows.y, rows.bottom().saturating_sub(1));
            let Some((to, _)) = line_at(app, rows, y) else { return true };
            if to != began || app.logs.selection().is_some() {
                app.logs.select_from(began);
                app.logs.view.grip = Some((began, false));
            }
            app.logs.go_to(to);
        }
        MouseKind::Release => {
            app.logs.view.grip = None;
            if opens {
                act(app, fx, "open", "");
            } else if app.logs.selection().is_some() {
                let n = app.logs.count_selected();
                let copies = app.keymap.keys_of("copy.id").first().cloned().unwrap_or_else(|| ":copy.id".to_owned());
                app.notify(NoticeKind::Info, format!("{n} line{} selected; {copies} copies", if n == 1 { "" } else { "s" }));
            }
        }
        MouseKind::Press | MouseKind::Up | MouseKind::Down => return false,
    }
    true
}

/// The log line in row `y` of the screen, and whether the reader stands on it.
fn line_at(app: &App, rows: Rect, y: u16) -> Option<(Seq, bool)> {
    let shown = app.logs.visible(Clockface::default());
    let extra = shown.len().saturating_sub(usize::from(rows.height));
    let row = shown.get(extra + usize::from(y - rows.y))?;
    (!matches!(row.body, Body::Edge(_) | Body::Cut)).then_some((row.seq, row.cursor))
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
