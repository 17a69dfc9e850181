//! How large panes are, and which are shown: by keys for the pane that has them, and by the mouse that holds a border.

use ratatui::layout::{Position, Rect};

use super::layout::{Areas, Edge, Size, Split};
use super::msg::{Mouse, MouseKind};
use super::pane::PaneId;
use super::state::{App, NoticeKind};

impl App {
    /// Makes the focused pane larger (or smaller) by columns and rows, at the cost of those beside it.
    pub fn resize_pane(&mut self, columns: i16, rows: i16) {
        let before = self.areas();
        if self.zoom || before.size < Size::Tall {
            let why =
                if self.zoom { "one pane has the whole screen; z gives the others back" } else { "at this size one pane has the room" };
            return self.notify(NoticeKind::Info, why);
        }
        let old = self.split;
        self.split = grown(old, &before, self.focus, columns, rows);
        // What only moves room between others is not what was asked for.
        if self.areas().pane(self.focus) == before.pane(self.focus) {
            self.split = old;
            self.notify(NoticeKind::Info, "there is no more room that way");
        }
    }

    /// Hides the focused pane; one that is hidden, and shown only because it has the keys, is shown for good.
    pub fn hide_pane(&mut self) {
        let pane = self.focus;
        let hidden = &mut self.split.hidden;
        if std::mem::replace(&mut hidden[pane.index()], false) {
            return;
        }
        let Some(next) = PaneId::ALL.into_iter().cycle().skip(pane.index() + 1).take(4).find(|it| !hidden[it.index()]) else {
            return self.notify(NoticeKind::Info, "this is the last pane");
        };
        hidden[pane.index()] = true;
        self.zoom = false;
        self.set_focus(next);
        let text = format!("{} is hidden; {} shows it", pane.title(), pane.digit());
        self.notify(NoticeKind::Info, text);
    }

    /// All panes, as large as usual.
    pub fn reset_panes(&mut self) {
        self.split = Split::default();
        self.zoom = false;
    }

    /// To the next pane (or the one before) that is not hidden.
    pub fn next_pane(&mut self, by: usize) {
        let mut at = self.focus.index();
        for _ in PaneId::ALL {
            at = (at + by) % PaneId::ALL.len();
            if !self.split.hidden[at] {
                return self.set_focus(PaneId::ALL[at]);
            }
        }
    }

    /// The mouse takes a border, moves it, lets it go. `true`: the event was for that alone.
    pub fn drag_border(&mut self, it: Mouse) -> bool {
        let areas = self.areas();
        match (it.kind, self.held) {
            (MouseKind::Press, _) => {
                self.held = if self.zoom { None } else { edge(&areas, Position::new(it.x, it.y)) };
                false
            }
            (MouseKind::Drag, Some(edge)) => {
                self.split = moved(self.split, &areas, edge, it);
                true
            }
            (MouseKind::Release, _) => self.held.take().is_some(),
            _ => false,
        }
    }
}

/// The wish after the pane that has the keys was made larger.
fn grown(mut it: Split, areas: &Areas, pane: PaneId, columns: i16, rows: i16) -> Split {
    let shown = |pane: PaneId| !areas.pane(pane).is_empty();
    if areas.size == Size::Tall {
        // The logs have what is left, so the largest of the others gives it.
        let largest = || PaneId::ALL.into_iter().filter(|it| *it != PaneId::Logs).max_by_key(|it| areas.pane(*it).height);
        match (pane, largest()) {
            (PaneId::Logs, Some(other)) => it.stack[other.index()] = it.stack[other.index()].saturating_sub(rows),
            _ => it.stack[pane.index()] = it.stack[pane.index()].saturating_add(rows),
        }
        return it;
    }
    let both = shown(PaneId::Metrics) && shown(PaneId::Incidents);
    match pane {
        PaneId::Projects => it.left = it.left.saturating_add(columns),
        PaneId::Metrics if both => it.half = it.half.saturating_add(columns),
        PaneId::Incidents if both => it.half = it.half.saturating_sub(columns),
        PaneId::Deployments | PaneId::Metrics | PaneId::Incidents => it.left = it.left.saturating_sub(columns),
        PaneId::Logs => {}
    }
    let parted = shown(PaneId::Deployments) && (shown(PaneId::Metrics) || shown(PaneId::Incidents));
    match pane {
        PaneId::Deployments if parted => it.small = it.small.saturating_sub(rows),
        PaneId::Metrics | PaneId::Incidents if parted => it.small = it.small.saturating_add(rows),
        PaneId::Logs => it.upper = it.upper.saturating_sub(rows),
        _ => it.upper = it.upper.saturating_add(rows),
    }
    it
}

/// The border at a place of the screen.
fn edge(areas: &Areas, at: Position) -> Option<Edge> {
    let bottom = |pane: PaneId| {
        let area = areas.pane(pane);
        area.contains(at) && at.y + 1 == area.bottom()
    };
    let right = |pane: PaneId| {
        let area = areas.pane(pane);
        area.contains(at) && at.x + 1 == area.right() && area.right() < areas.body.right()
    };
    match areas.size {
        Size::Tall => PaneId::ALL.into_iter().find(|it| *it != PaneId::Logs && bottom(*it)).map(Edge::Under),
        Size::Large | Size::Wide => {
            let parted = bottom(PaneId::Deployments) && at.y + 1 < areas.timeline.y;
            let lowest = at.y + 1 == areas.timeline.y && !areas.pane(PaneId::Logs).is_empty();
            let found =
                [(right(PaneId::Projects), Edge::Left), (parted, Edge::Small), (right(PaneId::Metrics), Edge::Half), (lowest, Edge::Upper)];
            found.into_iter().find(|(here, _)| *here).map(|(_, it)| it)
        }
        _ => None,
    }
}

/// The wish after a border was moved to where the mouse is.
fn moved(mut it: Split, areas: &Areas, edge: Edge, to: Mouse) -> Split {
    let by = |new: u16, old: u16| (i32::from(new) - i32::from(old)) as i16;
    let rows = |area: Rect| by(to.y + 1, area.bottom());
    match edge {
        Edge::Left => it.left = it.left.saturating_add(by(to.x + 1, areas.pane(PaneId::Projects).right())),
        Edge::Half => it.half = it.half.saturating_add(by(to.x + 1, areas.pane(PaneId::Metrics).right())),
        Edge::Small => it.small = it.small.saturating_sub(rows(areas.pane(PaneId::Deployments))),
        Edge::Upper => it.upper = it.upper.saturating_add(by(to.y + 1, areas.timeline.y)),
        Edge::Under(pane) => it.stack[pane.index()] = it.stack[pane.index()].saturating_add(rows(areas.pane(pane))),
    }
    it
}
