//! Hostile text: a corpus of strings that drive, hide or deceive a terminal, through every field of every object and every screen.

use std::collections::{BTreeMap, BTreeSet};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;
use trackside::app::msg::Msg;
use trackside::app::state::{App, Overlay};
use trackside::app::update::update;
use trackside::model::event::{Event, Snapshot};
use trackside::model::ids::SourceId;
use trackside::model::link::Link;
use trackside::model::log::{Level, LogKind, LogLine};
use trackside::model::project::Role;
use trackside::model::text::{Clean, FIELD_LIMIT, LINE_LIMIT, clean_line, is_unseen, plain_line};
use trackside::model::time::Millis;
use trackside::runtime::encode::Encoder;
use trackside::runtime::guard;
use trackside::theme::Theme;
use trackside::ui::view;

use crate::figures;
use crate::fixture::{self, NOW, act, objects, press};

/// Strings of the kept corpus and what is made of them by joining.
pub const STRINGS: usize = 7_600;
/// Objects of each kind in one picture: each holds other strings.
const EACH: usize = 64;

/// Numbers that look like chance and are the same in each run.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }
}

/// The kept corpus: twenty families of sequences, as bytes.
pub fn kept() -> Vec<Vec<u8>> {
    let line = |line: &str| {
        let hex = line.split_once('\t').unwrap().1;
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect::<Vec<u8>>()
    };
    include_str!("../hostile-strings.tsv").lines().map(line).collect()
}

/// The corpus, grown: two strings one after the other, so that what one leaves open meets the other.
pub fn corpus() -> Vec<Vec<u8>> {
    let mut all = kept();
    let known = all.len();
    let mut dice = Dice(6);
    let mut seen: BTreeSet<Vec<u8>> = all.iter().cloned().collect();
    while all.len() < STRINGS {
        let (a, b) = (dice.below(known), dice.below(known));
        let mut joined = all[a].clone();
        joined.truncate(120);
        joined.extend_from_slice(&all[b]);
        joined.truncate(400);
        if seen.insert(joined.clone()) {
            all.push(joined);
        }
    }
    all
}

/// The corpus as JSON can carry it.
pub fn strings() -> Vec<String> {
    corpus().iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect()
}

/// Whether `text` holds nothing that drives a terminal or that nobody sees, but what joins the parts of an emoji.
pub fn harmless(text: &str) -> Result<(), String> {
    let mut before = None;
    for c in text.chars() {
        if c.is_control() {
            return Err(format!("U+{:04X}", u32::from(c)));
        }
        if is_unseen(c) && (before.is_none_or(|it: char| it.is_ascii()) || !matches!(c, '\u{200d}' | '\u{fe0f}')) {
            return Err(format!("U+{:04X}, which nobody sees", u32::from(c)));
        }
        before = Some(c);
    }
    Ok(())
}

/// What a terminal understands of the bytes it gets, against what it may be told.
#[derive(Default)]
pub struct Judge {
    pub wrong: Vec<String>,
}

impl Judge {
    /// All that is wrong with `bytes`.
    pub fn of(bytes: &[u8]) -> Vec<String> {
        let mut it = Self::default();
        let mut parser = vte::Parser::new();
        parser.advance(&mut it, bytes);
        it.wrong
    }
}

impl vte::Perform for Judge {
    fn print(&mut self, c: char) {
        if c.is_control() || (is_unseen(c) && !matches!(c, '\u{200d}' | '\u{fe0f}')) {
            self.wrong.push(format!("prints U+{:04X}", u32::from(c)));
        }
    }

    fn execute(&mut self, byte: u8) {
        if !matches!(byte, b'\r' | b'\n' | 7) {
            self.wrong.push(format!("control {byte:02x}"));
        }
    }

    fn csi_dispatch(&mut self, params: &vte::Params, intermediates: &[u8], ignore: bool, action: char) {
        let first = params.iter().next().and_then(|it| it.first().copied()).unwrap_or(0);
        let drawn = intermediates.is_empty()
            && (matches!(action, 'H' | 'J' | 'K' | 'X' | 'L' | 'M' | 'C' | 'G' | 'm') || (action == 't' && matches!(first, 22 | 23)));
        let modes = [25, 1000, 1002, 1003, 1004, 1006, 1049, 2004, 2026];
        let mode = intermediates == b"?" && matches!(action, 'h' | 'l') && modes.contains(&first);
        if ignore || !(drawn || mode) {
            self.wrong.push(format!("CSI {intermediates:?} {first} {action}"));
        }
    }

    fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
        if byte != b'\\' {
            self.wrong.push(format!("ESC {:?}", char::from(byte)));
        }
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _: bool) {
        let question = params.first() == Some(&&b"52"[..]) && params.get(2).is_some_and(|it| it.starts_with(b"?"));
        if question || !params.first().is_some_and(|it| [&b"2"[..], b"9", b"777", b"11", b"52"].contains(it)) {
            self.wrong.push(format!("OSC {:?}", params.first().map(|it| String::from_utf8_lossy(it))));
        }
    }

    fn hook(&mut self, _: &vte::Params, _: &[u8], _: bool, action: char) {
        // What tmux passes on begins with its name.
        if action != 't' {
            self.wrong.push(format!("DCS {action}"));
        }
    }
}

/// Names of fields that refer to other things, or are no text: they stay as they are.
const REFERENCES: [&str; 14] = [
    "id",
    "team",
    "project",
    "environment",
    "service",
    "deployment",
    "live",
    "rev",
    "kind",
    "status",
    "state",
    "role",
    "object",
    "severity",
];

/// The places of texts in `value`, by the names that lead there, list positions left out.
fn texts<'a>(value: &'a mut Value, path: &str, found: &mut Vec<(String, &'a mut String)>) {
    match value {
        Value::String(text) => found.push((path.to_owned(), text)),
        Value::Array(all) => all.iter_mut().for_each(|it| texts(it, path, found)),
        Value::Object(all) => {
            for (name, it) in all.iter_mut().filter(|(name, _)| !REFERENCES.contains(&name.as_str())) {
                texts(it, &format!("{path}.{name}"), found);
            }
        }
        _ => {}
    }
}

/// Many objects of each kind, as JSON; those that are repeated have ids of their own.
fn crowd() -> Value {
    let mut all = serde_json::to_value(fixture::snapshot()).unwrap();
    for kind in ["teams", "projects", "services", "deployments", "incidents"] {
        let list = all[kind].as_array_mut().unwrap();
        let sorts = list.len();
        for n in sorts..EACH {
            let mut one = list[n % sorts].clone();
            one["id"] = format!("{kind}-{n}").into();
            list.push(one);
        }
    }
    all["unreadable"] = Value::Object(serde_json::Map::new());
    all
}

/// The fields that take any text: what is no time and no number written as text.
fn fields(template: &Value) -> BTreeSet<String> {
    let mut names = Vec::new();
    let mut copy = template.clone();
    texts(&mut copy, "", &mut names);
    let names: BTreeSet<String> = names.into_iter().map(|it| it.0).collect();
    let takes = |name: &String| {
        let mut copy = template.clone();
        let mut found = Vec::new();
        texts(&mut copy, "", &mut found);
        for (_, text) in found.into_iter().filter(|it| it.0 == *name) {
            "no time, no word".clone_into(text);
        }
        serde_json::from_value::<Snapshot>(copy).is_ok()
    };
    names.into_iter().filter(takes).collect()
}

/// Hands out the corpus field by field: each of them gets every string once.
pub struct Filler {
    strings: Vec<String>,
    pub fields: BTreeSet<String>,
    next: BTreeMap<String, usize>,
    template: Value,
}

impl Filler {
    pub fn new() -> Self {
        let template = crowd();
        Self { strings: strings(), fields: fields(&template), next: BTreeMap::new(), template }
    }

    /// The next objects, and how many strings are in them.
    pub fn next(&mut self) -> (Value, usize) {
        let mut copy = self.template.clone();
        let mut found = Vec::new();
        texts(&mut copy, "", &mut found);
        let mut filled = 0;
        for (name, text) in found {
            if self.fields.contains(&name) {
                let at = self.next.entry(name).or_default();
                text.clone_from(&self.strings[*at % self.strings.len()]);
                *at += 1;
                filled += 1;
            }
        }
        (copy, filled)
    }

    /// Whether each field has had every string.
    pub fn is_done(&self) -> bool {
        self.next.len() == self.fields.len() && self.next.values().all(|it| *it >= self.strings.len())
    }
}

fn dashboard(snapshot: Value, lines: Vec<LogLine>, width: u16, height: u16) -> App {
    let settings = objects::settings(&["night"]);
    let mut app = App::new(settings, vec![objects::source()], NOW);
    update(&mut app, Msg::Resize(width, height));
    let snapshot: Snapshot = serde_json::from_value(snapshot).unwrap();
    for fact in [
        Event::Caps(Box::new(objects::caps(Role::Developer))),
        Event::Snapshot(Box::new(snapshot)),
        Event::Link(Link::Live),
        Event::Logs(lines),
    ] {
        update(&mut app, Msg::Fact(SourceId(0), fact, NOW));
    }
    update(&mut app, Msg::Tick(NOW));
    app
}

/// Looks at a frame as it stands in the buffer and as a terminal understands it.
fn check(app: &App, theme: &Theme, width: u16, height: u16) {
    let mut frame = Buffer::empty(Rect::new(0, 0, width, height));
    view(app, theme, &mut frame);
    for cell in &frame.content {
        assert_eq!(harmless(cell.symbol()), Ok(()), "in a cell: {:?}", cell.symbol());
    }
    let mut bytes = Vec::new();
    Encoder::new(true).frame(&frame, &mut bytes);
    assert_eq!(guard::pass(&bytes).1, 0, "the guard had something to do");
    assert_eq!(Judge::of(&bytes), Vec::<String>::new());
}

fn line(off: u64, text: &str) -> LogLine {
    LogLine {
        off,
        at: NOW - Millis(10_000 - off as i64),
        kind: LogKind::Runtime,
        level: Level::Info,
        service: Some("api".into()),
        deployment: None,
        replica: 1,
        cont: false,
        text: text.to_owned(),
    }
}

/// The keys that lead to a screen, and its size: all panes, each by itself, what is opened, wide and narrow.
const SCREENS: [(&str, u16, u16); 8] = [
    ("", 170, 120),
    ("1 z", 150, 100),
    ("2 z", 150, 100),
    ("4 z", 150, 100),
    ("", 60, 110),
    ("4 z", 48, 90),
    ("2 z Enter", 60, 60),
    ("4 z Enter", 120, 100),
];

#[test]
fn no_string_of_the_corpus_drives_a_terminal_from_any_field_on_any_screen() {
    let theme = Theme::builtin("night");
    let mut filler = Filler::new();
    assert!(filler.fields.len() >= 14, "{:?}", filler.fields);
    let (mut rendered, mut round) = (0, 0);
    while !filler.is_done() {
        let (snapshot, filled) = filler.next();
        // In turn: which strings meet which screen changes from round to round.
        let (keys, width, height) = SCREENS[round % SCREENS.len()];
        let mut app = dashboard(snapshot, Vec::new(), width, height);
        press(&mut app, keys);
        check(&app, &theme, width, height);
        rendered += filled;
        round += 1;
    }
    figures::keep(
        "hostile strings in fields on screens",
        format!("{rendered} in {} fields, 0 leaks", filler.fields.len()),
        "629000, 0 leaks",
    );
    assert!(rendered >= 629_000, "{rendered}");
}

#[test]
fn no_line_of_a_log_drives_a_terminal_whole_or_cut_anywhere() {
    let theme = Theme::builtin("night");
    let strings = strings();
    let empty = serde_json::to_value(fixture::snapshot()).unwrap();
    for chunk in strings.chunks(90) {
        let lines: Vec<LogLine> = chunk.iter().zip(1..).map(|(text, off)| line(off, text)).collect();
        for (width, height) in [(150, 100), (44, 100)] {
            let mut app = dashboard(empty.clone(), lines.clone(), width, height);
            press(&mut app, "3 z");
            check(&app, &theme, width, height);
        }
    }
    let mut cuts = 0;
    for text in &strings {
        for (at, _) in text.char_indices() {
            for part in [&text[..at], &text[at..]] {
                let shown = plain_line(part);
                assert_eq!(harmless(&shown), Ok(()), "{part:?} was shown as {shown:?}");
            }
            cuts += 1;
        }
    }
    figures::keep("hostile strings cut in two, each half shown", format!("{cuts}, 0 leaks"), "180000, 0 leaks");
    assert!(cuts >= 180_000, "{cuts}");
}

/// What of a text has a place of its own on a screen: neither control nor unseen, nor laid over what stands before it.
fn ordinary(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_control() && clean_line(&c.to_string()) == c.to_string())
}

#[test]
fn nothing_of_a_hostile_text_is_swallowed() {
    let colour = regex::Regex::new("\x1b\\[[0-9;:]*m").unwrap();
    let is_within = |wanted: &str, shown: &str| {
        let mut rest = shown.chars();
        ordinary(wanted).all(|c| rest.any(|it| it == c))
    };
    for text in strings() {
        if text.len() < FIELD_LIMIT / 4 {
            let shown = Clean::new(&text);
            assert!(is_within(&text, &shown), "{text:?} lost something: {shown:?}");
        }
        if text.len() < LINE_LIMIT / 4 {
            // Colours are taken out of a line's text on purpose; nothing else is.
            let shown = plain_line(&text);
            assert!(is_within(&colour.replace_all(&text, ""), &shown), "{text:?} lost something: {shown:?}");
        }
    }
}

#[test]
fn a_row_that_holds_the_oddest_text_moves_no_neighbour() {
    let theme = Theme::builtin("night");
    let odd = [
        format!("e{}", "\u{301}".repeat(5_000)),
        "👩\u{200d}".repeat(60),
        "❤\u{fe0f}\u{fe0f}\u{200d}\u{200d}".repeat(40),
        "🇩🇪🇫🇷🇯".to_owned(),
        "ﾊﾞﾊﾟ".repeat(20),
        "\u{fdfd}\u{fdfd}".to_owned(),
        "1\u{fe0f}\u{20e3}#\u{fe0f}\u{20e3}".to_owned(),
        "ᄀ\u{1161}\u{11a8}".repeat(30),
        "\u{202e}evil\u{2066}".to_owned(),
    ];
    let plain = |it: &str| line(1, it);
    let draw = |first: LogLine| {
        let lines = vec![first, line(2, "the neighbour below stands where it stood")];
        let mut app = dashboard(serde_json::to_value(fixture::snapshot()).unwrap(), lines, 120, 30);
        press(&mut app, "3 z");
        let mut frame = Buffer::empty(Rect::new(0, 0, 120, 30));
        view(&app, &theme, &mut frame);
        let mut bytes = Vec::new();
        Encoder::new(true).frame(&frame, &mut bytes);
        let mut parser = vt100::Parser::new(30u16.try_into().unwrap(), 120u16.try_into().unwrap(), 0);
        parser.process(&bytes);
        parser.screen().rows(0, 120).find(|it| it.contains("the neighbour below")).expect("the row below is there")
    };
    let usual = draw(plain("usual"));
    for text in odd {
        assert_eq!(draw(plain(&text)), usual, "{text:.40}");
    }
}

#[test]
fn a_question_before_a_write_shows_an_odd_name_with_signs_in_it() {
    let mut snapshot = serde_json::to_value(fixture::snapshot()).unwrap();
    for it in snapshot["services"].as_array_mut().unwrap() {
        it["name"] = "api\u{202e}ved\u{200b}\u{1b}[2J".into();
    }
    let mut app = dashboard(snapshot, Vec::new(), 120, 40);
    press(&mut app, "1 j");
    act(&mut app, "service.stop");
    assert!(matches!(app.overlays.last(), Some(Overlay::Confirm(_))), "no question is asked");
    let mut frame = Buffer::empty(Rect::new(0, 0, 120, 40));
    view(&app, &Theme::builtin("night"), &mut frame);
    let text: String = frame.content.iter().map(ratatui::buffer::Cell::symbol).collect();
    assert!(text.contains("api�ved�␛[2J"), "{text}");
    check(&app, &Theme::builtin("night"), 120, 40);
}

#[test]
fn a_question_about_a_name_that_only_looks_like_another_says_so() {
    for (name, told) in [("\u{430}pi", Some("only looks like api: it is \u{27e8}U+0430\u{27e9}pi")), ("api", None)] {
        let mut snapshot = serde_json::to_value(fixture::snapshot()).unwrap();
        for it in snapshot["services"].as_array_mut().unwrap() {
            it["name"] = name.into();
        }
        let mut app = dashboard(snapshot, Vec::new(), 120, 40);
        press(&mut app, "1 j");
        act(&mut app, "service.stop");
        let Some(Overlay::Confirm(question)) = app.overlays.last() else { panic!("no question is asked") };
        let said = question.lines.join("\n");
        assert_eq!(said.contains("only looks like"), told.is_some(), "{said}");
        assert!(told.is_none_or(|it| said.contains(it)), "{said}");
    }
}

#[test]
fn a_name_that_only_looks_like_another_has_a_sign_in_every_list_and_the_reason_beside_it() {
    let theme = Theme::builtin("night");
    for (name, told) in [("\u{430}pi", true), ("api", false), ("caf\u{e9}", false)] {
        let mut snapshot = serde_json::to_value(fixture::snapshot()).unwrap();
        for kind in ["services", "projects"] {
            snapshot[kind].as_array_mut().unwrap().iter_mut().for_each(|it| it["name"] = name.into());
        }
        for (keys, width, height) in [("1", 120, 40), ("1 z", 60, 30), ("2 z", 150, 40), ("1 z j", 150, 40)] {
            let mut app = dashboard(snapshot.clone(), Vec::new(), width, height);
            press(&mut app, keys);
            let mut frame = Buffer::empty(Rect::new(0, 0, width, height));
            view(&app, &theme, &mut frame);
            let rows =
                frame.content.chunks(usize::from(width)).map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>());
            let text: String = rows.collect::<Vec<_>>().join("\n");
            assert!(text.contains(name), "{keys}:\n{text}");
            assert_eq!(text.contains(&format!("\u{2248}{name}")), told, "{keys}:\n{text}");
            assert!(keys != "1 z j" || text.contains("only looks like api: it is") == told, "{text}");
        }
    }
}

#[test]
fn the_guard_lets_nothing_through_that_the_program_is_not_known_to_send() {
    let pieces: Vec<Vec<u8>> = [
        &b"\x1b[?2026h"[..],
        b"\x1b[?1049h",
        b"\x1b[12;4H",
        b"\x1b[2J",
        b"\x1b[38;2;1;2;3;1m",
        b"\x1b[4:3m",
        b"\r\n",
        b"text",
        "漢字 👩\u{200d}🚀".as_bytes(),
        b"\x1b]2;a title\x07",
        b"\x1b]52;c;aGVsbG8=\x07",
        b"\x1b]777;notify;a;b\x1b\\",
        b"\x1bPtmux;\x1b\x1b]9;trackside: x\x1b\x1b\\\x1b\\",
        b"\x1b]11;?\x1b\\",
        b"\x1b[22;2t",
        b"\x07",
    ]
    .map(<[u8]>::to_vec)
    .into();
    for it in &pieces {
        let (passed, stopped) = guard::pass(it);
        assert_eq!((&*passed, stopped), (it.as_slice(), 0), "{:?}", String::from_utf8_lossy(it));
    }
    let hostile = corpus();
    let mut dice = Dice(16);
    let frames = std::env::var("TRACKSIDE_FUZZ_RUNS").ok().and_then(|it| it.parse().ok()).unwrap_or(40_000_usize);
    for _ in 0..frames {
        let mut bytes = Vec::new();
        for _ in 0..dice.below(6) {
            bytes.extend_from_slice(if dice.below(2) == 0 {
                &pieces[dice.below(pieces.len())]
            } else {
                &hostile[dice.below(hostile.len())]
            });
        }
        for _ in 0..dice.below(4).min(bytes.len()) {
            let at = dice.below(bytes.len());
            bytes[at] = dice.next() as u8;
        }
        let (passed, _) = guard::pass(&bytes);
        assert_eq!(Judge::of(&passed), Vec::<String>::new(), "{:?}", String::from_utf8_lossy(&bytes));
        assert_eq!(guard::pass(&passed).1, 0, "what passed once passes again");
    }
    figures::keep("frames through the output guard, judged by a parser", frames, 40_000);
}

#[test]
fn every_cell_is_safe_whatever_a_widget_puts_into_it() {
    let hostile = strings();
    for chunk in hostile.chunks(200) {
        let mut frame = Buffer::empty(Rect::new(0, 0, 20, 10));
        for (cell, text) in frame.content.iter_mut().zip(chunk) {
            cell.set_symbol(text);
        }
        let mut bytes = Vec::new();
        Encoder::new(true).frame(&frame, &mut bytes);
        assert_eq!(guard::pass(&bytes).1, 0);
        assert_eq!(Judge::of(&bytes), Vec::<String>::new());
    }
}
