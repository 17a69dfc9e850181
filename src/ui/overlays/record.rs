//! One log record: its fields with a cursor over them, or the record as JSON.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::logs::{Detail, Entry, Kind, Way};
use crate::app::state::RecordView;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{Place, thumb};
use super::super::kit::{glyph, text};
use super::super::words;
use super::sheet::Sheet;

const WIDTH: u16 = 140;
/// Rows of the dialog, at most: the log stays in sight where there is room.
const HEIGHT: u16 = 30;
/// Columns of the names, at most; a third of the width in any case.
const NAME: u16 = 34;
/// Rows a value may take, and the one under the cursor.
const ROWS: u16 = 3;
const ROWS_HERE: u16 = 10;
/// Columns for what is done with a field, where anything is.
const MARK: u16 = 8;

/// Draws it.
pub fn draw(cx: &Cx<'_>, it: &RecordView, area: Rect, buf: &mut Buffer) {
    // Of one height while it is open, whatever record is in it: what moves cannot be compared.
    let rows = area.height.saturating_sub(if area.height > 30 { 8 } else { 4 }).min(HEIGHT);
    let title = title(cx, &it.detail);
    let keys = if it.json.is_some() { "J fields  esc" } else { "J json  esc" };
    let (frame, inner) = Sheet { title: &title, keys, border: Role::BorderFocus, width: WIDTH, rows }.draw(cx, area, buf);
    let foot = u16::from(inner.height > 4 && it.json.is_none());
    let list = Rect { height: inner.height - foot, ..inner };
    let place = match &it.json {
        Some((lines, top)) => json(cx, lines, *top, list, buf),
        None => fields(cx, it, list, buf),
    };
    let edge = Rect { height: frame.height.saturating_sub(foot), ..frame };
    thumb(edge, place, cx.style(Role::BorderFocus), buf);
    if foot > 0 {
        hints(cx, it, Rect { y: list.bottom(), height: 1, ..inner }, buf);
    }
}

/// `Record of api.2, 14:22:06.114, ERROR`
fn title(cx: &Cx<'_>, it: &Detail) -> String {
    let (level, _) = words::level(it.level);
    format!("Record of {}, {}, {level}", it.whose, cx.app.millisecond(it.at))
}

/// The fields, as many as there is room for around the cursor.
fn fields(cx: &Cx<'_>, it: &RecordView, area: Rect, buf: &mut Buffer) -> Place {
    let all = &it.detail.entries;
    let longest = all.iter().map(|it| text::width(&it.name)).max().unwrap_or(0);
    let name = longest.min(NAME).min(area.width / 3);
    let choice = cx.app.logs.choices().get(cx.app.logs.service_here().as_ref());
    let mark = if choice.is_some() { MARK } else { 0 };
    let room = area.width.saturating_sub(name + 2 + mark).max(1);
    let high = |n: usize| all.get(n).map_or(0, |entry| value(&seen(cx, entry), room, n == it.at).0.len() as u16 + lead(all, n));
    // As far up as leaves the one under the cursor in view.
    let mut top = it.at;
    let mut used = high(top);
    while let Some(above) = top.checked_sub(1).filter(|above| used + high(*above) <= area.height) {
        used += high(above);
        top = above;
    }
    let mut y = area.y;
    let mut shown = 0;
    for (n, entry) in all.iter().enumerate().skip(top) {
        y += lead(all, n);
        if y >= area.bottom() {
            break;
        }
        if lead(all, n) > 0 {
            line(cx, &it.detail, Rect { y: y - 1, height: 1, ..area }, buf);
        }
        let text = seen(cx, entry);
        let (pieces, more) = value(&text, room, n == it.at);
        let from = y;
        for (i, piece) in pieces.iter().enumerate() {
            if y >= area.bottom() {
                break;
            }
            let mut pen = Pen::new(buf, Rect { y, height: 1, ..area });
            if i == 0 {
                let label = text::middle(&entry.name, name);
                pen.cell(&label, name, cx.style(Role::Field));
                let way = choice.zip(entry.path()).and_then(|(choice, path)| choice.way_of_path(path));
                pen.right(way.map_or("", Way::word), cx.style(Role::Accent));
            } else {
                pen.skip(name);
            }
            pen.skip(2).put(piece, cx.style(look(entry)));
            if more && i + 1 == pieces.len() {
                pen.last(glyph::MORE, cx.style(Role::Accent));
            }
            y += 1;
        }
        if n == it.at {
            let rows = Rect { y: from, height: y - from, ..area };
            buf.set_style(rows.intersection(buf.area), cx.style(Role::Cursor));
        }
        shown += 1;
    }
    Place { top, shown, all: all.len() }
}

/// One row above what the platform says of the line, which stands after its fields.
fn lead(all: &[Entry], n: usize) -> u16 {
    let known = |it: Option<&Entry>| it.is_some_and(|it| it.path().is_none());
    u16::from(n > 0 && known(all.get(n)) && !known(all.get(n - 1)))
}

fn line(cx: &Cx<'_>, it: &Detail, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, area);
    if it.more > 0 {
        pen.put(&format!("{} more fields are not listed; J shows them ", it.more), cx.style(Role::Warn));
    }
    let width = pen.left();
    pen.fill('─', width, cx.style(Role::Border));
}

const fn look(it: &Entry) -> Role {
    match it.kind {
        Kind::Text => Role::Text,
        Kind::Number | Kind::Word => Role::Strong,
        Kind::Nested => Role::Dim,
    }
}

/// A value as it may be seen.
fn seen<'a>(cx: &Cx<'_>, it: &'a Entry) -> Cow<'a, str> {
    cx.app.logs.veil_field(&it.name, &it.value)
}

/// A value in rows, and whether there is more of it.
fn value(it: &str, room: u16, here: bool) -> (Vec<&str>, bool) {
    let most = if here { ROWS_HERE } else { ROWS };
    // Only as much as can be seen is looked at, however long it is.
    let head = text::head(it, room.saturating_mul(most));
    let mut rows = text::wrap(head, room);
    let more = head.len() < it.len() || rows.len() > usize::from(most);
    rows.truncate(usize::from(most));
    if rows.is_empty() {
        rows.push("");
    }
    (rows, more)
}

/// The record as JSON, from line `top` on.
fn json(cx: &Cx<'_>, lines: &[String], top: usize, area: Rect, buf: &mut Buffer) -> Place {
    let mut y = area.y;
    let mut shown = 0;
    for line in lines.iter().skip(top) {
        if y >= area.bottom() {
            break;
        }
        let indent = (line.len() - line.trim_start().len()) as u16;
        let indent = indent.min(area.width / 2);
        let line = cx.app.logs.veil(Cow::Borrowed(line));
        let body = line.trim_start();
        let room = area.width.saturating_sub(indent).max(1);
        let seen = text::head(body, room.saturating_mul(area.bottom() - y));
        for (i, piece) in text::wrap(seen, room).iter().enumerate() {
            if y >= area.bottom() {
                break;
            }
            let mut pen = Pen::new(buf, Rect { y, height: 1, ..area });
            pen.skip(indent);
            match name_end(piece).filter(|_| i == 0) {
                Some(at) => {
                    pen.put(&piece[..at], cx.style(Role::Field)).put(&piece[at..], cx.style(leaf(&piece[at..])));
                }
                None => {
                    pen.put(piece, cx.style(if i == 0 { leaf(piece) } else { Role::Text }));
                }
            }
            y += 1;
        }
        shown += 1;
    }
    Place { top, shown, all: lines.len() }
}

/// Where the value begins after `"name": `.
fn name_end(line: &str) -> Option<usize> {
    let rest = line.strip_prefix('"')?;
    let mut escaped = false;
    let end = rest.bytes().position(|b| {
        let closes = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        closes
    })?;
    rest.get(end + 1..)?.starts_with(": ").then_some(end + 4)
}

fn leaf(value: &str) -> Role {
    match value.bytes().next() {
        Some(b'"') => Role::Text,
        Some(b'0'..=b'9' | b'-' | b't' | b'f' | b'n') => Role::Strong,
        _ => Role::Dim,
    }
}

/// What can be done with the field under the cursor; what is done with the record stands in the bottom bar.
fn hints(cx: &Cx<'_>, it: &RecordView, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, area);
    for (key, words) in keys(it) {
        if text::width(key) + text::width(words) + 1 > pen.left() {
            break;
        }
        pen.put(key, cx.style(Role::Key)).put(" ", cx.style(Role::Dim)).put(words, cx.style(Role::Dim)).skip(2);
    }
}

fn keys(it: &RecordView) -> &'static [(&'static str, &'static str)] {
    const ALL: &[(&str, &str)] = &[
        ("=", "keep"),
        ("-", "leave out"),
        ("y", "copy"),
        ("c", "as JSON"),
        ("x", "hide"),
        ("f", "first"),
        ("|", "column"),
        ("F", "list"),
    ];
    match it.detail.entries.get(it.at) {
        // What is no field of the line cannot be hidden or put first in it.
        Some(entry) if entry.path().is_none() => &ALL[..4],
        _ => ALL,
    }
}
