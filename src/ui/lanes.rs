//! What stands on the timeline besides the volume of the logs: deployments with their commits, incidents, and what was changed. Two
//! lanes where there is room, folded into one row where there is not.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::app::deeds::Kind;
use crate::app::facts::Mood;
use crate::app::marks::{Mark, Notch, Span};
use crate::app::state::App;
use crate::app::timeline::Axis;
use crate::model::incident::Severity;
use crate::theme::Role;

use super::cx::Cx;
use super::kit::pen::Pen;
use super::kit::{glyph, text};
use super::words;

/// Everything on an axis of `n` cells, found once a frame.
pub struct Scene {
    pub n: usize,
    pub axis: Axis,
    marks: Vec<Mark>,
    spans: Vec<Span>,
    notches: Vec<Notch>,
}

impl Scene {
    /// What stands on the axis now.
    pub fn of(app: &App, n: usize) -> Self {
        Self { n, axis: app.axis_of(n), marks: app.marks(n), spans: app.spans(n), notches: app.notches(n) }
    }
}

/// The lane of the deployments: the axis itself, with round `times` where nothing else stands.
pub fn deployments(cx: &Cx<'_>, scene: &Scene, times: &[(usize, String)], bar: Rect, buf: &mut Buffer) {
    Pen::new(buf, bar).fill('─', bar.width, cx.style(Role::Axis));
    let groups = groups(&scene.marks, |it| it.cell);
    let mut taken = vec![false; scene.n];
    for group in &groups {
        taken[group[0].cell] = true;
    }
    // What went wrong keeps its words longest, then what is on its way, then the newest.
    let mut order: Vec<&&[Mark]> = groups.iter().collect();
    order.sort_by_key(|it| (rank(worst(it)), std::cmp::Reverse(it[0].cell)));
    for group in order {
        let Some((from, label)) = place(group, &taken) else { continue };
        taken[from..from + usize::from(text::width(&label)) + 2].fill(true);
        let style = match worst(group) {
            Mood::Bad => cx.style(Role::Bad),
            _ if group.iter().any(|it| it.lit) => cx.style(Role::Strong),
            _ => cx.style(Role::Dim),
        };
        Pen::new(buf, right_of(bar, from)).put(" ", style).put(&label, style).put(" ", style);
    }
    signs(groups.iter().map(|it| (it[0].cell, it.len(), sign_of(it), mark_style(cx, it))), bar, buf);
    for (cell, words) in times {
        // One that would be cut is left out: a time without its end is another time. Nor does one touch a marker, at either side.
        let place = cell.saturating_sub(1)..cell + words.len() + 2;
        if place.end <= scene.n && !taken[place].contains(&true) {
            Pen::new(buf, right_of(bar, *cell)).put(words, cx.style(Role::Dim)).put(" ", cx.style(Role::Dim));
        }
    }
}

/// Where the label of a group stands, with a space at both sides, and which of its labels fits there: right of the marker. The word
/// that something failed stands left of it rather than nowhere.
fn place(group: &[Mark], taken: &[bool]) -> Option<(usize, String)> {
    let cell = group[0].cell;
    let free = |from: usize, n: usize| taken.get(from..from + n).is_some_and(|it| !it.contains(&true));
    let labels = labels(group);
    let need = |it: &String| usize::from(text::width(it)) + 2;
    if let Some(label) = labels.iter().find(|it| free(cell + 1, need(it))) {
        return Some((cell + 1, label.clone()));
    }
    let word = labels.last().filter(|_| worst(group) == Mood::Bad)?;
    let from = cell.checked_sub(need(word))?;
    free(from, need(word)).then(|| (from, word.clone()))
}

/// The lane of incidents and changes.
pub fn changes(cx: &Cx<'_>, scene: &Scene, bar: Rect, buf: &mut Buffer) {
    unknown(cx, scene, bar, buf);
    let groups = groups(&scene.notches, |it| it.cell);
    let mut taken = vec![false; scene.n];
    for group in &groups {
        taken[group[0].cell] = true;
    }
    for span in &scene.spans {
        let style = span_style(cx, span);
        let (from, to) = span.cells;
        Pen::new(buf, right_of(bar, from)).fill('━', (to - from + 1) as u16, style);
        let label = format!(" {} ", span.severity.label());
        let need = usize::from(text::width(&label));
        // At the first place of the stroke where no change is written into it; the stroke itself stays visible before it.
        let first = from + usize::from(span.begins);
        if let Some(at) = (first..(to + 1).saturating_sub(need)).find(|at| !taken[*at..at + need].contains(&true)) {
            let word = if span.lit { style } else { cx.style(words::severity(&span.severity)) };
            Pen::new(buf, right_of(bar, at)).put(&label, word);
        }
    }
    signs(groups.iter().map(|it| (it[0].cell, it.len(), it[0].kind.sign(), notch_style(cx, it))), bar, buf);
}

/// Where the list of changes does not reach, that is said: no change and no news of changes look alike otherwise.
fn unknown(cx: &Cx<'_>, scene: &Scene, bar: Rect, buf: &mut Buffer) {
    let Some(since) = cx.app.changes_since().filter(|at| *at > scene.axis.from) else { return };
    let cells = scene.axis.cell(since, scene.n).unwrap_or(scene.n);
    let whole = format!("changes are told from {} on", cx.app.hour(since));
    let short = format!("from {}", cx.app.hour(since));
    if let Some(words) = [whole, short].iter().find(|it| usize::from(text::width(it)) < cells) {
        Pen::new(buf, bar).put(words, cx.style(Role::Unknown));
    }
}

/// All of it on the one row of the volume: an incident is the look of its columns, with its severity where it began.
pub fn folded(cx: &Cx<'_>, scene: &Scene, bar: Rect, buf: &mut Buffer) {
    let bar = bar.intersection(buf.area);
    // By cell; what was deployed gives a cell its look.
    let mut all: BTreeMap<usize, (usize, &str, Style)> = BTreeMap::new();
    for group in groups(&scene.notches, |it| it.cell) {
        all.insert(group[0].cell, (group.len(), group[0].kind.sign(), notch_style(cx, group)));
    }
    for group in groups(&scene.marks, |it| it.cell) {
        let with = all.get(&group[0].cell).map_or(0, |it| it.0);
        all.insert(group[0].cell, (group.len() + with, sign_of(group), mark_style(cx, group)));
    }
    for span in &scene.spans {
        let label = span.severity.label();
        let need = usize::from(text::width(&label));
        // After the marker that may stand where it began; a count beside it would be read as a part of it.
        let clear = |at: usize| all.range(at..=at + need).next().is_none() && all.get(&(at - 1)).is_none_or(|it| it.0 < 2);
        let named = (span.cells.0 + 1..=(span.cells.1 + 1).saturating_sub(need)).find(|at| clear(*at));
        // Heights that were turned round would stand on their heads: where there is room for its name, that is what is lit.
        let style = lit(plain(cx, span), span.lit && named.is_none());
        let (from, to) = (bar.x + span.cells.0 as u16, bar.x + span.cells.1 as u16);
        for x in from..=to.min(bar.right().saturating_sub(1)) {
            let cell = &mut buf[(x, bar.y)];
            if cell.symbol() == " " || (span.lit && named.is_none()) {
                cell.set_char('━');
            }
            cell.set_style(style);
        }
        if let Some(at) = named {
            let word = if span.lit { Role::Past } else { words::severity(&span.severity) };
            Pen::new(buf, right_of(bar, at)).put(&label, alone(cx.style(word)));
        }
    }
    signs(all.into_iter().map(|(cell, (n, sign, style))| (cell, n, sign, style)), bar, buf);
}

/// Signs in their cells, in the order of the cells: how many there are, where there are several. Two counts side by side would be
/// read as one number: the second one is its sign alone.
fn signs<'a>(all: impl Iterator<Item = (usize, usize, &'a str, Style)>, bar: Rect, buf: &mut Buffer) {
    let mut counted = None;
    for (cell, n, sign, style) in all {
        let beside = counted.is_some_and(|it: usize| it + 1 == cell);
        let alone = n < 2 || beside;
        counted = if alone { None } else { Some(cell) };
        Pen::new(buf, right_of(bar, cell)).put(&if alone { sign.to_owned() } else { count_or(n, sign) }, style);
    }
}

fn right_of(bar: Rect, cell: usize) -> Rect {
    let cell = (cell as u16).min(bar.width);
    Rect { x: bar.x + cell, width: bar.width - cell, height: 1, ..bar }
}

/// Those of one cell together; `all` is in the order of time.
fn groups<T>(all: &[T], cell: impl Fn(&T) -> usize) -> Vec<&[T]> {
    all.chunk_by(|a, b| cell(a) == cell(b)).collect()
}

/// How many, where there are several.
fn count_or(n: usize, sign: &str) -> String {
    match n {
        0 | 1 => sign.to_owned(),
        2..=9 => n.to_string(),
        _ => "+".to_owned(),
    }
}

const fn rank(mood: Mood) -> u8 {
    match mood {
        Mood::Bad => 0,
        Mood::Busy => 1,
        Mood::Warn | Mood::Good => 2,
    }
}

fn worst(group: &[Mark]) -> Mood {
    group.iter().map(|it| it.mood).min_by_key(|it| rank(*it)).unwrap_or(Mood::Good)
}

fn sign_of(group: &[Mark]) -> &'static str {
    match worst(group) {
        Mood::Bad => glyph::FAIL,
        Mood::Busy => glyph::BUSY,
        Mood::Good | Mood::Warn => glyph::MARKER,
    }
}

fn mark_style(cx: &Cx<'_>, group: &[Mark]) -> Style {
    let mood = worst(group);
    let style = cx.style(if mood == Mood::Good { Role::Marker } else { words::mood(mood).1 });
    lit(style, group.iter().any(|it| it.lit))
}

/// The look of an incident.
fn span_style(cx: &Cx<'_>, span: &Span) -> Style {
    lit(plain(cx, span), span.lit)
}

/// The same, unlit. Labels are written over it: what is bold would stay bold under them.
fn plain(cx: &Cx<'_>, span: &Span) -> Style {
    Style { add_modifier: Modifier::empty(), ..cx.style(stroke(&span.severity)) }
}

fn lit(style: Style, lit: bool) -> Style {
    alone(if lit { style.add_modifier(Modifier::REVERSED) } else { style })
}

/// `style` without what was drawn there before: a cell keeps the modifiers that nobody takes away.
pub fn alone(style: Style) -> Style {
    Style { sub_modifier: Modifier::all().difference(style.add_modifier), ..style }
}

fn notch_style(cx: &Cx<'_>, group: &[Notch]) -> Style {
    let bad = group.iter().any(|it| it.kind == Kind::Exit);
    alone(cx.style(if bad { Role::Bad } else { Role::Marker }))
}

/// What deployments of one cell are called, in full and ever shorter.
fn labels(group: &[Mark]) -> Vec<String> {
    if let [one] = group {
        let commit = one.label.split(' ').next().unwrap_or_default();
        let with = |label: &str| format!("{} {label}", one.word).trim().to_owned();
        let mut all = vec![with(&one.label), with(commit)];
        // That it failed is said in its word before its commit is.
        all.extend((one.mood == Mood::Bad).then(|| one.word.to_owned()));
        return all;
    }
    let bad = group.iter().filter(|it| it.mood == Mood::Bad).count();
    let deployed = format!("{} deploys", group.len());
    match bad {
        0 => vec![deployed],
        _ => vec![format!("{deployed}, {bad} failed"), format!("{bad} failed")],
    }
}

/// The look of an incident's stroke: a P1's own ground would be a bar.
pub const fn stroke(severity: &Severity) -> Role {
    match words::severity(severity) {
        Role::P1 => Role::Bad,
        other => other,
    }
}
