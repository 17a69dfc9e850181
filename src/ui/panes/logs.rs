//! Log lines: the rows that `app::logs` says are seen, and a title that says whether it follows, how much comes, and what is hidden.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::app::logs::{Body, Clockface, Columns, Edge, Flags, Found, Logs, Part, Shown, Stacked, Text, Trail, gap_words};
use crate::app::pane::PaneId;
use crate::model::deploy::Deployment;
use crate::model::log::Level;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::frame::Words;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{self, Place};
use super::super::kit::unit::count;
use super::super::kit::{glyph, text};
use super::super::{timeline, words};
use super::chrome;
use super::logs_ink;

const PANE: PaneId = PaneId::Logs;
/// Columns of the title that are neither filter, search nor state: corners, spaces, the pane's name, `filter:  ─ `.
const EDGES: u16 = 30;
/// A filter that is cut shorter than this says nothing.
const LEGIBLE: u16 = 8;

/// Draws the pane.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    let logs = &cx.app.logs;
    let (left, right) = title(cx, logs, area.width);
    let inner = chrome::frame(cx, PANE, left, right, area, buf);
    if logs.store().is_empty() {
        if !chrome::waiting(cx, PANE, inner, buf) {
            nothing(cx, logs, inner, buf);
        }
        return;
    }
    if logs.count() == 0 && logs.is_sifted() {
        nothing(cx, logs, inner, buf);
        return;
    }
    let (strip, rows) = cx.app.log_parts(&cx.areas).unwrap_or((Rect::ZERO, inner));
    volume(cx, strip, inner, buf);
    headings(cx, logs, strip, inner, rows, buf);
    lines(cx, logs, rows, buf);
    place(cx, logs, area, rows, buf);
    chrome::age(cx, inner, buf);
}

/// The log of an opened deployment: its own when the log pane is pinned to it, else how to get there.
pub fn of_deployment(cx: &Cx<'_>, it: &Deployment, area: Rect, buf: &mut Buffer) {
    if area.height < 2 {
        return;
    }
    let mut pen = Pen::new(buf, area);
    pen.put("log", cx.style(Role::Accent)).put("   b", cx.style(Role::Key)).put(" build log   ", cx.style(Role::Dim));
    pen.put("l", cx.style(Role::Key)).put(" runtime log", cx.style(Role::Dim));
    let rest = Rect { y: area.y + 1, height: area.height - 1, ..area };
    if cx.app.pinned_deployment().is_some_and(|id| id == it.id) {
        lines(cx, &cx.app.logs, rest, buf);
    }
}

/// What is searched for, and how that stands.
fn search_words(logs: &Logs, found: Found) -> String {
    let so_far = if found.complete { "" } else { "…" };
    let typed = logs.searched().unwrap_or_default();
    // A pattern brings its slashes with it.
    let slash = if typed.starts_with('/') { "" } else { "/" };
    match found.here {
        Some(here) => format!("{slash}{typed} hit {here} of {}{so_far}", found.total),
        None if found.total == 1 => format!("{slash}{typed} 1 hit{so_far}"),
        None => format!("{slash}{typed} {} hits{so_far}", found.total),
    }
}

/// The volume of the lines that the filters keep, under that of all lines on the same axis.
fn volume(cx: &Cx<'_>, strip: Rect, inner: Rect, buf: &mut Buffer) {
    if strip.is_empty() {
        return;
    }
    let volumes = cx.app.logs.volume();
    let all: u64 = volumes.iter().flatten().map(|n| u64::from(*n)).sum();
    Pen::new(buf, Rect { height: 1, width: strip.x.saturating_sub(inner.x), ..inner }).put("kept", cx.style(Role::Dim));
    let right = Rect { x: strip.right(), width: inner.right().saturating_sub(strip.right()), height: 1, ..inner };
    Pen::new(buf, right).skip(1).put(&count(all as f64), cx.style(Role::Dim));
    timeline::heights(cx, volumes, strip, buf);
    timeline::absent(cx, &cx.app.kept_known(usize::from(strip.width)), strip, buf);
    if let Some(cell) = cx.app.timeline.cursor.and_then(|at| cx.app.axis_of(usize::from(strip.width)).cell(at, usize::from(strip.width))) {
        timeline::cursor_column(cx, Rect { x: strip.x + cell as u16, width: 1, ..strip }, buf);
    }
}

fn title<'a>(cx: &Cx<'a>, logs: &Logs, width: u16) -> (Vec<Words<'a>>, Vec<Words<'a>>) {
    let app = cx.app;
    // A request is followed through all services, whatever the scope is elsewhere.
    let trail =
        |it: &Trail| chrome::part(cx, format!("{} {} in all services, esc goes back", it.name, short(&it.id)), Role::Accent).to_vec();
    let mut left = logs.trail().map_or_else(|| chrome::scope(cx), trail);
    if let Some(id) = app.pinned_deployment() {
        let commit = app.deployment(&id).and_then(|it| it.commit.as_ref()).map_or_else(|| id.to_string(), |it| it.short().to_owned());
        left.extend(chrome::part(cx, format!("deployment {commit}"), Role::Accent));
    }
    // Before the first answer nothing is waited for but that.
    if !app.store.complete && logs.store().is_empty() {
        return (left, Vec::new());
    }
    let unseen = logs.unseen();
    let (state, role) = match (logs.view.frozen.is_some(), logs.view.follow) {
        // Nothing is shown that could be followed.
        (false, _) if logs.count() == 0 && !logs.is_sifted() => ("still looking…".to_owned(), Role::Busy),
        (false, true) if logs.count() == 0 => ("waiting for a line".to_owned(), Role::Dim),
        (false, false) if logs.count() == 0 => ("no line".to_owned(), Role::Dim),
        (true, _) => (format!("frozen, {} new", count(unseen as f64)), Role::Warn),
        (false, true) => ("following".to_owned(), Role::Ok),
        (false, false) if unseen > 0 => (format!("{} new {}", count(unseen as f64), glyph::DOWN), Role::Warn),
        (false, false) => ("not following".to_owned(), Role::Dim),
    };
    left.extend(chrome::part(cx, state, role));
    if logs.view.left > 0 && !logs.view.wrap {
        left.extend(chrome::part(cx, format!("from column {}", logs.view.left + 1), Role::Accent));
    }
    if logs.is_aside() {
        left.extend(chrome::part(cx, "all lines around it, esc goes back", Role::Accent));
    }
    if logs.selection().is_some() {
        let n = logs.count_selected();
        left.extend(chrome::part(cx, format!("{n} selected, y copies"), Role::Accent));
    }
    left.extend(chrome::part(cx, format!("{}/s", count(f64::from(logs.rate(app.now)))), Role::Dim));
    if logs.store().evicted() > 0 {
        left.extend(chrome::part(cx, format!("full at {} MiB", logs.store().budget().div_ceil(1 << 20)), Role::Dim));
    }
    let mut right = Vec::new();
    if let Some(found) = logs.found() {
        let words = search_words(logs, found);
        right.push((words.into(), cx.style(if found.total == 0 && found.complete { Role::Warn } else { Role::Accent })));
    }
    let filter = filter_words(logs);
    if !filter.is_empty() {
        let hidden = logs.hidden();
        let all = hidden.total();
        let so_far = if hidden.complete { "" } else { "…" };
        // A long one loses its end; that there is one, and what it hides, is always said.
        let hides = format!("{}{so_far} hidden", count(all as f64));
        let said = left.iter().chain(&right).map(|(it, _)| text::width(it)).sum::<u16>();
        let room = width.saturating_sub(said + text::width(&hides) + EDGES).min(width / 3);
        let words = if room < LEGIBLE { hides } else { format!("filter: {} ─ {hides}", text::cut(&filter, room)) };
        right.push((words.into(), cx.style(Role::Accent)));
    }
    (left, right)
}

/// An id by its beginning: enough to know it again.
fn short(id: &str) -> String {
    text::cut(id, 13).into_owned()
}

/// The filters that are on, as they were typed: `level:>=warn !healthz (1 off)`.
fn filter_words(logs: &Logs) -> String {
    let filter = logs.filter();
    let mut words = Vec::new();
    words.extend(filter.least().map(|it| format!("level:>={}", it.word())));
    words.extend(filter.stack().iter().filter(|it| it.on).map(Stacked::typed));
    let off = filter.stack().iter().filter(|it| !it.on).count();
    words.extend((off > 0).then(|| format!("({off} off)")));
    words.join(" ")
}

fn nothing(cx: &Cx<'_>, logs: &Logs, inner: Rect, buf: &mut Buffer) {
    let filter = filter_words(logs);
    let lines = if filter.is_empty() {
        [("no lines yet".to_owned(), Role::Text), ("they appear as services write them; nothing was lost".to_owned(), Role::Dim)]
    } else {
        let drop = if logs.filter().stack().is_empty() { "logs.level.down" } else { "logs.filter.drop" };
        let what = if logs.filter().stack().is_empty() { "shows quieter lines" } else { "drops the last filter" };
        let keys = format!("{} {what}, {} lists the filters and what each hides", cx.key(drop), cx.key("logs.filters"));
        [(format!("no line fits {filter}"), Role::Text), (keys, Role::Dim)]
    };
    chrome::say(cx, &lines, inner, buf);
}

fn lines(cx: &Cx<'_>, logs: &Logs, inner: Rect, buf: &mut Buffer) {
    let settings = &cx.app.settings;
    let clock = Clockface { now: cx.app.now, offset_minutes: if settings.utc { 0 } else { settings.offset_minutes } };
    let columns = logs.columns();
    let shown = logs.visible(clock);
    // Fewer lines than rows stand at the bottom while it follows: that is where the next one comes.
    let extra = shown.len().saturating_sub(usize::from(inner.height));
    for (i, it) in shown.iter().skip(extra).enumerate() {
        let area = Rect { y: inner.y + i as u16, height: 1, ..inner };
        if it.cursor && !logs.view.follow {
            let role = if cx.focused(PANE) { Role::Cursor } else { Role::CursorDim };
            let wide = Rect { x: area.x.saturating_sub(1), width: area.width + 2, ..area };
            buf.set_style(wide.intersection(buf.area), cx.style(role));
        }
        if it.selected && !it.cursor {
            let wide = Rect { x: area.x.saturating_sub(1), width: area.width + 2, ..area };
            buf.set_style(wide.intersection(buf.area), cx.style(Role::CursorDim));
        }
        if it.marked {
            // In the margin: it is there whatever stands before the text.
            let margin = Rect { x: area.x.saturating_sub(1), width: 1, ..area };
            Pen::new(buf, margin).put(glyph::INTO, cx.style(Role::Accent));
        }
        let mut pen = Pen::new(buf, area);
        match &it.body {
            Body::Text(text) => line(cx, text, it, columns, &mut pen),
            Body::Gap(gap) => lost(cx, &gap_words(gap), &mut pen),
            Body::Restart => lost(cx, "the platform's log began anew", &mut pen),
            Body::Edge(edge) => lost_edge(cx, edge, &mut pen),
            Body::Cut => {
                let width = pen.left();
                pen.fill('┄', width, cx.style(Role::Border));
            }
        }
    }
}

/// The headings of columns of fields, in the row above the lines.
fn headings(cx: &Cx<'_>, logs: &Logs, strip: Rect, inner: Rect, rows: Rect, buf: &mut Buffer) {
    if rows.y == inner.y + strip.height {
        return;
    }
    let Columns { stamp, name, level, .. } = logs.columns();
    let mut pen = Pen::new(buf, Rect { y: rows.y - 1, height: 1, ..rows });
    pen.skip((stamp + name + level) as u16);
    for slot in logs.slots() {
        pen.cell(slot.heading(), slot.width as u16, cx.style(Role::Field).add_modifier(Modifier::UNDERLINED)).skip(1);
    }
    let text = if logs.slots().is_empty() { "no room for columns of fields" } else { "message" };
    pen.fit(text, cx.style(Role::Field).add_modifier(Modifier::UNDERLINED));
}

fn line(cx: &Cx<'_>, it: &Text<'_>, shown: &Shown<'_>, columns: Columns, pen: &mut Pen<'_>) {
    let Columns { stamp, name, level, .. } = columns;
    let (word, role) = words::level(it.line.level);
    let quiet = it.line.level < Level::Info || shown.context;
    if it.rest {
        // Of a line that is longer than a line may be: what is before it says whose and when.
        pen.skip((stamp + name) as u16);
        let width = columns.sum() - stamp - name;
        pen.cell(if width > 0 { glyph::MORE } else { "" }, width as u16, cx.style(Role::Dim));
    } else if it.row == 0 {
        if stamp > 0 {
            // One that came well after newer ones says so beside its time.
            let late = it.line.flags.has(Flags::LATE);
            pen.cell(&it.stamp, stamp as u16 - 1, cx.style(if late { Role::Warn } else { Role::Dim }));
            pen.put(if late { glyph::LATE } else { " " }, cx.style(Role::Warn));
        }
        if name > 0 {
            let whose = it.line.origin.service.as_ref().map_or(Role::Dim, |it| cx.service(it));
            pen.cell(&it.name, name as u16, cx.style(whose));
        }
        if level > 0 {
            let role = if role == Role::LevelInfo { Role::Dim } else { role };
            pen.cell(word, level as u16, cx.style(role));
        }
        for cell in &it.cells {
            let (width, look) = (cell.width as u16, cx.style(Role::Text));
            if cell.number { pen.number(&cell.text, width, look) } else { pen.cell(&cell.text, width, look) }.skip(1);
        }
    } else {
        pen.skip(columns.sum() as u16);
    }
    pen.skip(it.blank as u16);
    let base = if quiet { Role::Dim } else { Role::Text };
    for run in &it.runs {
        let Some(text) = it.text.get(run.range.clone()) else { continue };
        let style = match (run.hit, run.part) {
            (true, _) if shown.cursor => cx.style(Role::HitHere),
            (true, _) => cx.style(Role::Hit),
            (false, Part::Name) => cx.style(Role::Field),
            (false, Part::Value) => cx.style(Role::Dim),
            (false, Part::Number) => cx.style(base),
            (false, Part::Text) => run.sgr.as_ref().map_or_else(|| cx.style(base), |sgr| logs_ink::style(cx, sgr, base)),
        };
        pen.put(text, style);
    }
    if it.cut.1 && pen.left() == 0 {
        pen.last(glyph::MORE, cx.style(Role::Dim));
    }
}

/// `── words ─────`: what is not there, in its place.
fn lost(cx: &Cx<'_>, words: &str, pen: &mut Pen<'_>) {
    pen.put("── ", cx.style(Role::Unknown)).fit(words, cx.style(Role::Unknown)).put(" ", cx.style(Role::Unknown));
    let rest = pen.left();
    pen.fill('─', rest, cx.style(Role::Border));
}

fn lost_edge(cx: &Cx<'_>, edge: &Edge, pen: &mut Pen<'_>) {
    let (words, role) = match edge {
        Edge::Beginning => ("beginning of what is kept", Role::Dim),
        Edge::Older if !cx.app.fresh() => ("older lines once the platform is reached again", Role::Dim),
        Edge::Older => ("scroll on for older lines", Role::Dim),
        Edge::Asking => ("older lines are on their way…", Role::Busy),
        Edge::Failed(why) => (why.as_str(), Role::Bad),
        Edge::Full => ("no room for older lines; a narrower filter makes some", Role::Dim),
    };
    pen.put("── ", cx.style(Role::Border)).fit(words, cx.style(role)).put(" ", cx.style(role));
    let rest = pen.left();
    pen.fill('─', rest, cx.style(Role::Border));
}

/// Where in all lines one is, and where the marked ones, hits, errors and warnings are.
fn place(cx: &Cx<'_>, logs: &Logs, area: Rect, inner: Rect, buf: &mut Buffer) {
    let all = logs.count();
    let shown = usize::from(inner.height);
    let Some(first) = logs.first_shown() else { return };
    let top = if logs.view.follow { all.saturating_sub(shown) } else { logs.count_shown(first, logs.view.top.seq) };
    scroll::thumb(area, Place { top, shown, all }, cx.style(if cx.focused(PANE) { Role::BorderFocus } else { Role::Dim }), buf);
    // Where everything is seen, the lines speak for themselves.
    if all <= shown {
        return;
    }
    let rows = usize::from(area.height.saturating_sub(2));
    for (row, it) in logs.ticks(rows).into_iter().enumerate() {
        // What was put there by the reader is more than what is there anyway.
        let role = match it {
            it if it.mark => Role::Accent,
            it if it.hit => Role::Strong,
            it if it.error => Role::Bad,
            it if it.warning => Role::Warn,
            _ => continue,
        };
        scroll::tick(area, row, cx.style(role), buf);
    }
}
