//! Where everything is: one pure function that `update` (page size, mouse) and `ui` (drawing) both call.

use ratatui::layout::Rect;

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

/// What the picture depends on besides the size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    pub focus: PaneId,
    pub zoom: bool,
    /// A frame around everything in a production context costs a row at the top.
    pub production: bool,
}

/// Lays out a screen of `width` by `height` cells. Never panics, down to 0x0.
pub fn layout(width: u16, height: u16, it: Arrangement) -> Areas {
    let size = match (width, height) {
        (150.., 36..) => Size::Wide,
        (100.., 28..) => Size::Large,
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
    let bars = if it.production && size >= Size::Large { 2 } else { 1 };
    if size == Size::Small {
        areas.footer = Rect { y: height - 1, height: 1, ..full };
        areas.body = Rect { height: height - 1, ..full };
        areas.panes[it.focus.index()] = areas.body;
        return areas;
    }
    areas.header = Rect { height: bars, ..full };
    areas.footer = Rect { y: height - 1, height: 1, ..full };
    areas.body = Rect { y: bars, height: height - bars - 1, ..full };
    if size == Size::Medium {
        medium(&mut areas, it);
    } else {
        large(&mut areas, it);
    }
    areas
}

/// Timeline as one row; the focused pane large; the others one line each (none when zoomed).
fn medium(areas: &mut Areas, it: Arrangement) {
    let body = areas.body;
    let mut y = body.y;
    areas.timeline = Rect { y, height: 1, ..body };
    y += 1;
    let others = if it.zoom { 0 } else { 4 };
    let main = Rect { y, height: body.bottom() - y - others, ..body };
    areas.panes[it.focus.index()] = main;
    if it.zoom {
        return;
    }
    let mut y = main.bottom();
    for pane in PaneId::ALL {
        if pane != it.focus {
            areas.panes[pane.index()] = Rect { y, height: 1, ..body };
            y += 1;
        }
    }
}

/// All panes: projects on the left, deployments above metrics and incidents on the right, timeline, logs.
fn large(areas: &mut Areas, it: Arrangement) {
    let body = areas.body;
    let wide = areas.size == Size::Wide;
    if it.zoom {
        let strip = 4.min(body.height);
        areas.timeline = Rect { height: strip, ..body };
        areas.panes[it.focus.index()] = Rect { y: body.y + strip, height: body.height - strip, ..body };
        return;
    }
    // Two lanes, and the volume of the logs under them.
    let strip = if wide { 5 } else { 4 };
    // The logs get what is left; the upper half never more than it can fill with a handful of services.
    let upper = ((body.height - strip) * 11 / 20).clamp(12, 26);
    let lower = body.height - strip - upper;
    let left = if wide { (body.width / 5).clamp(30, 44) } else { 28 };
    let right = body.width - left;
    let small = (upper * 2 / 5).clamp(6, 11);
    let tall = upper - small;
    let half = right / 2;
    areas.panes[PaneId::Projects.index()] = Rect { height: upper, width: left, ..body };
    areas.panes[PaneId::Deployments.index()] = Rect { x: left, y: body.y, width: right, height: tall };
    areas.panes[PaneId::Metrics.index()] = Rect { x: left, y: body.y + tall, width: right - half, height: small };
    areas.panes[PaneId::Incidents.index()] = Rect { x: left + right - half, y: body.y + tall, width: half, height: small };
    areas.timeline = Rect { y: body.y + upper, height: strip, ..body };
    areas.panes[PaneId::Logs.index()] = Rect { y: body.y + upper + strip, height: lower, ..body };
}
