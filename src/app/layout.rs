//! Where everything is: one pure function that `update` (page size, mouse) and `ui` (drawing) both call.

use ratatui::layout::Rect;
use serde::{Deserialize, Serialize};

use super::pane::PaneId;

/// How much room there is, and so which picture is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// One line: the single worst fact.
    Line,
    /// From 40x10: the focused pane and one status line.
    Small,
    /// From 60x16 (80x24 is the usual one): header, timeline row, focused pane, a summary line for every other pane, footer.
    Medium,
    /// From 40x40, narrower than the next: all panes at once, one under the other.
    Tall,
    /// From 100x28: all panes at once.
    Large,
    /// From 150x36: all panes with room.
    Wide,
}

/// Places of everything on the screen. A part that is not drawn has an empty area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Areas {
    pub size: Size,
    pub header: Rect,
    /// By `PaneId::index`. In `Medium`, a pane that is not focused has one row here.
    pub panes: [Rect; 5],
    pub timeline: Rect,
    pub footer: Rect,
    /// Everything between header and footer: overlays are centred in it.
    pub body: Rect,
}

impl Areas {
    /// Place of `pane`.
    pub const fn pane(&self, pane: PaneId) -> Rect {
        self.panes[pane.index()]
    }

    /// Where the rows of `pane` stand: inside of its frame.
    pub const fn list(&self, pane: PaneId) -> Rect {
        let it = self.pane(pane);
        if it.width < 3 || it.height < 3 {
            return it;
        }
        // A column of air at both sides, as `ui::kit::frame` leaves it.
        let air = if it.width > 4 { 1 } else { 0 };
        Rect { x: it.x + 1 + air, y: it.y + 1, width: it.width - 2 - 2 * air, height: it.height - 2 }
    }

    /// Whether `pane` is drawn as a summary line, without a frame.
    pub fn is_summary(&self, pane: PaneId) -> bool {
        self.size == Size::Medium && self.pane(pane).height == 1
    }
}

/// The part of the timeline that is its axis: left of it stands its name, right of it the time of its end.
pub const fn axis(timeline: Rect) -> Rect {
    const LEFT: u16 = 11;
    const RIGHT: u16 = 10;
    Rect { x: timeline.x.saturating_add(LEFT), width: timeline.width.saturating_sub(LEFT + RIGHT), ..timeline }
}

/// The zoomed metrics pane: the chart, and under it the `rows` to choose from. `None`: too low for a chart.
pub fn chart_over_rows(inner: Rect, rows: usize) -> Option<(Rect, Rect)> {
    if inner.height < 10 {
        return None;
    }
    let rows = (rows as u16).min(inner.height / 3).max(2);
    let chart = Rect { height: inner.height - rows - 1, ..inner };
    Some((chart, Rect { y: inner.y + chart.height + 1, height: rows, ..inner }))
}

/// The part of a chart that is its time axis: left of it stand the numbers of its scale, as `ui::kit::chart` leaves them, and above it
/// what its lines are called.
pub const fn plot(chart: Rect) -> Rect {
    const LEFT: u16 = 11;
    Rect {
        x: chart.x.saturating_add(LEFT),
        y: chart.y.saturating_add(1),
        width: chart.width.saturating_sub(LEFT),
        height: chart.height.saturating_sub(1),
    }
}

/// How large a person wants panes, in cells more or less than usual, and which are hidden. What does not fit a screen does not count there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Split {
    /// Columns of projects.
    pub left: i16,
    /// Rows of all that is above the timeline.
    pub upper: i16,
    /// Rows of metrics and incidents.
    pub small: i16,
    /// Columns of metrics, beside incidents.
    pub half: i16,
    /// Rows of each pane where they stand one under the other; by `PaneId::index`.
    pub stack: [i16; 5],
    /// By `PaneId::index`.
    pub hidden: [bool; 5],
}

/// A border between panes that can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Right of projects.
    Left,
    /// Above the timeline.
    Upper,
    /// Above metrics and incidents.
    Small,
    /// Between those two.
    Half,
    /// Under this pane, where they stand one under the other.
    Under(PaneId),
}

/// What the picture depends on besides the size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    pub focus: PaneId,
    pub zoom: bool,
    /// A frame around everything in a production context costs a row at the top.
    pub production: bool,
    pub split: Split,
}

impl Arrangement {
    /// Whether `pane` is drawn: one that is hidden is while it has the keys.
    pub const fn shows(&self, pane: PaneId) -> bool {
        !self.split.hidden[pane.index()] || self.focus.index() == pane.index()
    }
}

/// `usual` with what is wanted more, as far as there is room.
fn fit(usual: u16, more: i16, least: u16, most: u16) -> u16 {
    usual.saturating_add_signed(more).max(least).min(most)
}

/// Lays out a screen of `width` by `height` cells. Never panics, down to 0x0.
pub fn layout(width: u16, height: u16, it: Arrangement) -> Areas {
    let size = match (width, height) {
        (150.., 36..) => Size::Wide,
        (100.., 28..) => Size::Large,
        (40.., 40..) => Size::Tall,
        (60.., 16..) => Size::Medium,
        (40.., 10..) => Size::Small,
        _ => Size::Line,
    };
    let none = Rect::ZERO;
    let full = Rect::new(0, 0, width, height);
    let mut areas = Areas { size, header: none, panes: [none; 5], timeline: none, footer: none, body: full };
    if size == Size::Line {
        areas.header = Rect { height: height.min(1), ..full };
        return areas;
    }
    let bars = if it.production && size >= Size::Tall { 2 } else { 1 };
    if size == Size::Small {
        areas.footer = Rect { y: height - 1, height: 1, ..full };
        areas.body = Rect { height: height - 1, ..full };
        areas.panes[it.focus.index()] = areas.body;
        return areas;
    }
    areas.header = Rect { height: bars, ..full };
    areas.footer = Rect { y: height - 1, height: 1, ..full };
    areas.body = Rect { y: bars, height: height - bars - 1, ..full };
    match size {
        Size::Medium => medium(&mut areas, it),
        _ if it.zoom => zoomed(&mut areas, it),
        Size::Tall => tall(&mut areas, it),
        _ => large(&mut areas, it),
    }
    areas
}

/// Timeline as one row; the focused pane large; the others one line each (none when zoomed).
fn medium(areas: &mut Areas, it: Arrangement) {
    let body = areas.body;
    let mut y = body.y;
    areas.timeline = Rect { y, height: 1, ..body };
    y += 1;
    let others = if it.zoom { 0 } else { PaneId::ALL.into_iter().filter(|pane| *pane != it.focus && it.shows(*pane)).count() as u16 };
    let main = Rect { y, height: body.bottom() - y - others, ..body };
    areas.panes[it.focus.index()] = main;
    if it.zoom {
        return;
    }
    let mut y = main.bottom();
    for pane in PaneId::ALL {
        if pane != it.focus && it.shows(pane) {
            areas.panes[pane.index()] = Rect { y, height: 1, ..body };
            y += 1;
        }
    }
}

/// Timeline and the focused pane.
fn zoomed(areas: &mut Areas, it: Arrangement) {
    let body = areas.body;
    let strip = 4.min(body.height);
    areas.timeline = Rect { height: strip, ..body };
    areas.panes[it.focus.index()] = Rect { y: body.y + strip, height: body.height - strip, ..body };
}

/// All panes one under the other, the timeline above the logs, which get what is left.
fn tall(areas: &mut Areas, it: Arrangement) {
    /// What a pane must have to say anything: a row and its frame; the logs two rows more.
    const LEAST: u16 = 3;
    let body = areas.body;
    let strip = 4;
    let mut left = body.height - strip;
    let shares = [(PaneId::Projects, 4), (PaneId::Deployments, 4), (PaneId::Metrics, 3), (PaneId::Incidents, 3)];
    let shown: Vec<(PaneId, u16)> = shares.into_iter().filter(|(pane, _)| it.shows(*pane)).collect();
    let logs = if it.shows(PaneId::Logs) { LEAST + 2 } else { 0 };
    let (all, mut y) = (left, body.y);
    for (i, (pane, share)) in shown.iter().enumerate() {
        let others = LEAST * (shown.len() - 1 - i) as u16 + logs;
        let most = left.saturating_sub(others);
        // Without the logs the last one has what is left.
        let last = logs == 0 && i + 1 == shown.len();
        let height = if last { left } else { fit(all * share / 20, it.split.stack[pane.index()], LEAST, most) };
        areas.panes[pane.index()] = Rect { y, height, ..body };
        y += height;
        left -= height;
    }
    areas.timeline = Rect { y, height: strip, ..body };
    if logs > 0 {
        areas.panes[PaneId::Logs.index()] = Rect { y: y + strip, height: left, ..body };
    }
}

/// All panes: projects on the left, deployments above metrics and incidents on the right, timeline, logs. What is hidden leaves its
/// room to what is beside it.
fn large(areas: &mut Areas, it: Arrangement) {
    let (body, split) = (areas.body, it.split);
    let wide = areas.size == Size::Wide;
    // Two lanes, and the volume of the logs under them.
    let strip = if wide { 5 } else { 4 };
    let [projects, deployments, logs, metrics, incidents] = PaneId::ALL.map(|pane| it.shows(pane));
    let room = body.height - strip;
    let upper = match (projects || deployments || metrics || incidents, logs) {
        (false, _) => 0,
        (true, false) => room,
        // The logs get what is left; the upper half never more than it can fill with a handful of services.
        (true, true) => fit((room * 11 / 20).clamp(12, 26), split.upper, 8, room - 5),
    };
    let left = match (projects, deployments || metrics || incidents) {
        (false, _) => 0,
        (true, false) => body.width,
        (true, true) => fit(if wide { (body.width / 5).clamp(30, 44) } else { 28 }, split.left, 16, body.width - 50),
    };
    let right = body.width - left;
    let small = match (deployments, metrics || incidents) {
        (_, false) => 0,
        (false, true) => upper,
        (true, true) => fit((upper * 2 / 5).clamp(6, 11), split.small, 3, upper.saturating_sub(3)),
    };
    let first = match (metrics, incidents) {
        (false, _) => 0,
        (true, false) => right,
        (true, true) => fit(right - right / 2, split.half, 16, right - 16),
    };
    let above = upper - small;
    let mut put = |pane: PaneId, shown: bool, area: Rect| {
        if shown {
            areas.panes[pane.index()] = area;
        }
    };
    put(PaneId::Projects, projects, Rect { height: upper, width: left, ..body });
    put(PaneId::Deployments, deployments, Rect { x: left, y: body.y, width: right, height: above });
    put(PaneId::Metrics, metrics, Rect { x: left, y: body.y + above, width: first, height: small });
    put(PaneId::Incidents, incidents, Rect { x: left + first, y: body.y + above, width: right - first, height: small });
    put(PaneId::Logs, logs, Rect { y: body.y + upper + strip, height: room - upper, ..body });
    areas.timeline = Rect { y: body.y + upper, height: strip, ..body };
}
