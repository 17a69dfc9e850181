//! Every decoder against input that nobody meant: mutations of a kept corpus (`tests/seeds`), a fixed number of them in each run and as
//! many as there is time for where `TRACKSIDE_FUZZ_SECONDS` says how many seconds each decoder gets. Nothing may panic, hang or blow up.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossterm::event::{Event as Key, KeyCode, KeyEvent, KeyModifiers};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use trackside::app::chord;
use trackside::app::logs::clean;
use trackside::app::notify::read::read as watch;
use trackside::app::stops::Place;
use trackside::config::load;
use trackside::local::logs::LogStore;
use trackside::local::port::Entry;
use trackside::model::ids::{ProjectId, ServiceId};
use trackside::model::log::{LogKind, LogQuery};
use trackside::model::query::{Clock, Query};
use trackside::model::text::{Clean, clean_line_marked, pieces, plain_line};
use trackside::model::time::{Millis, Time};
use trackside::platform::answer;
use trackside::platform::http::Reply;
use trackside::platform::patience::Patience;
use trackside::platform::trackside::read::{Info, frame};
use trackside::platform::trackside::session::{Input, Session};
use trackside::platform::trackside::turn::Now;
use trackside::runtime::answers::{Answers, Heard};
use trackside::runtime::recording::Recording;
use trackside::theme::Theme;
use trackside::wire::stream::ClientFrame;

use crate::figures;
use crate::hostile::{Dice, harmless, kept};

/// Longest input: what grows faster than this shows in time, not in megabytes.
const LONGEST: usize = 8 * 1024;
/// One input takes microseconds; on a machine that does other things as well, never this long.
const SLOW: Duration = Duration::from_secs(20);
/// Pieces that decoders know.
const WORDS: [&str; 20] = [
    "\u{1b}[",
    "\u{1b}]52;c;",
    "\u{9b}",
    "\u{202e}",
    "\u{200d}",
    "\\u0000",
    "\\ud800",
    "18446744073709551616",
    "-1",
    "1e999",
    "null",
    "[[[[",
    "{\"t\":",
    "\"rev\":",
    "true",
    "\u{feff}",
    "\n",
    "''",
    "\"\"\"",
    "%zz",
];

/// Says which input it was when a decoder panics, and keeps it.
struct Culprit<'a>(&'a str, &'a [u8]);

impl Drop for Culprit<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("culprit-{}", self.0));
            let kept = std::fs::write(&path, self.1);
            eprintln!("{}: {:?} (kept in {}: {kept:?})", self.0, String::from_utf8_lossy(self.1), path.display());
        }
    }
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds").join(name);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    files.iter().map(|it| std::fs::read(it).unwrap()).collect()
}

/// Changes `bytes` a little, as chance has it.
fn mutate(bytes: &mut Vec<u8>, all: &[Vec<u8>], dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let end = at + dice.below(bytes.len() - at + 1).min(40);
        match dice.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 if at < bytes.len() => bytes[at] = dice.next() as u8,
            2 => drop(bytes.drain(at..end)),
            3 => bytes.truncate(at),
            4 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
            5 => drop(bytes.splice(at..end, WORDS[dice.below(WORDS.len())].bytes())),
            6 => {
                let other = &all[dice.below(all.len())];
                let from = dice.below(other.len() + 1);
                bytes.splice(at..at, other[from..].iter().copied().take(200));
            }
            _ => drop(bytes.splice(at..end, bytes[at..end].repeat(1 + dice.below(8)))),
        }
    }
    bytes.truncate(LONGEST);
}

/// Drives a decoder with the seeds themselves and then with `runs` mutations of them: `TRACKSIDE_FUZZ_TIMES` as many, the same ones in
/// each run; or for as long as `TRACKSIDE_FUZZ_SECONDS` says, others each time or those of `TRACKSIDE_FUZZ_DICE`.
fn drive(name: &str, seeds: &[Vec<u8>], runs: usize, mut decode: impl FnMut(&[u8])) {
    let runs = runs * std::env::var("TRACKSIDE_FUZZ_TIMES").ok().and_then(|it| it.parse().ok()).unwrap_or(1);
    let seconds = std::env::var("TRACKSIDE_FUZZ_SECONDS").ok().and_then(|it| it.parse().ok()).map(Duration::from_secs);
    let begun = Instant::now();
    // A long run is not the same one each time: it says its number, which brings it back.
    let given = std::env::var("TRACKSIDE_FUZZ_DICE").ok().and_then(|it| it.parse().ok());
    let chance = given.unwrap_or_else(|| if seconds.is_some() { std::process::id().into() } else { 1 });
    println!("{name}: dice {chance}");
    let mut dice = Dice(chance);
    let mut done = 0;
    while done < seeds.len() + runs || seconds.is_some_and(|it| begun.elapsed() < it) {
        let mut bytes = seeds[done % seeds.len()].clone();
        if done >= seeds.len() {
            mutate(&mut bytes, seeds, &mut dice);
        }
        let culprit = Culprit(name, &bytes);
        let one = Instant::now();
        decode(culprit.1);
        assert!(one.elapsed() < SLOW, "{name} took {:?}", one.elapsed());
        done += 1;
    }
    figures::keep(&format!("fuzz {name}"), format!("{done} in {} s", begun.elapsed().as_secs()), format!("{runs}, 30 s"));
}

#[test]
fn text_of_any_kind_is_cleaned() {
    let mut all = seeds("text");
    all.extend(kept());
    drive("text", &all, 12_000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(harmless(&Clean::new(&text)), Ok(()));
        assert_eq!(harmless(&Clean::paragraph(&text).replace('\n', "")), Ok(()));
        assert_eq!(harmless(&plain_line(&text)), Ok(()));
        assert_eq!(harmless(&clean(&text).text), Ok(()));
        let once = Clean::new(&text);
        assert_eq!(Clean::new(&once), once, "what is clean stays as it is");
        assert_eq!(pieces(&text).collect::<String>(), text);
        let mut marks = [0, text.len() / 2, text.len()];
        let shown = clean_line_marked(&text, &mut marks);
        assert!(marks.is_sorted() && marks.iter().all(|it| shown.is_char_boundary(*it)), "{marks:?} in {shown:?}");
    });
}

#[test]
fn frames_of_any_platform_are_read_or_refused() {
    let now = Now { boot: Millis(1_000), wall: Time(1_000) };
    let fresh = || {
        let mut it = Session::new(Patience::default());
        it.step(now, Input::Opened);
        it
    };
    let all = seeds("frames");
    let (mut session, mut said) = (fresh(), 0);
    drive("frames", &all, 12_000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let _ = frame(&text);
        // One session for a while: what it was told before is part of the input.
        said += 1;
        if said % 64 == 0 {
            session = fresh();
            session.step(now, Input::Text(&String::from_utf8_lossy(&all[5])));
        }
        session.step(now, Input::Text(&text));
    });
}

#[test]
fn frames_of_any_client_are_read_or_refused() {
    drive("asks", &seeds("asks"), 12_000, |bytes| {
        if let Ok(it) = serde_json::from_slice::<ClientFrame>(bytes) {
            let again = serde_json::to_string(&it).unwrap();
            assert_eq!(serde_json::from_str::<ClientFrame>(&again).unwrap(), it);
        }
    });
}

#[test]
fn answers_of_any_server_are_read_or_refused() {
    drive("answers", &seeds("answers"), 8_000, |bytes| {
        if let Ok(info) = answer::parse::<Info<'_>>(bytes) {
            info.read();
        }
        for (status, kind) in [(200, "application/json"), (409, "application/json"), (502, "text/html")] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            if let Ok(value) = HeaderValue::from_bytes(bytes) {
                headers.insert(RETRY_AFTER, value);
            }
            let reply = Reply { status, headers, body: bytes.to_vec() };
            let _ = reply.retry_after();
            if let Err(trouble) = answer::data::<serde_json::Value>(&reply) {
                assert_eq!(harmless(&trouble.say().replace('\n', "")), Ok(()));
            }
        }
    });
}

#[test]
fn a_config_of_any_kind_is_taken_as_far_as_it_makes_sense() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    drive("config", &seeds("config"), 600, |bytes| {
        std::fs::write(&file, bytes).unwrap();
        let (_, complaints) = load(&file, [], &[]);
        for it in complaints {
            let _ = Clean::paragraph(&it.to_string());
        }
    });
}

#[test]
fn a_theme_of_any_kind_is_taken_as_far_as_it_makes_sense() {
    drive("theme", &seeds("theme"), 1_500, |bytes| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        Theme::load("mine", |name| (name == "mine").then(|| text.clone()));
    });
}

#[test]
fn a_recording_of_any_kind_is_shown_or_refused() {
    drive("recording", &seeds("recording"), 6_000, |bytes| {
        if let Ok(it) = Recording::read(bytes.to_vec(), false) {
            assert!(it.from() <= it.to());
            (0..20).for_each(|index| drop(it.entry(index)));
        }
    });
}

#[test]
fn what_is_typed_of_any_kind_is_read_or_pointed_at() {
    let clock = Clock { now: Time(1_795_357_327_000), offset_minutes: 0 };
    let mut all = seeds("query");
    all.extend(seeds("keys"));
    drive("typed", &all, 1_500, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let _ = Query::parse(&text, clock);
        let _ = Place::parse(&text, clock);
        let _ = watch(&text);
        let _ = chord::parse(&text);
        let _ = chord::parse_sequence(&text);
        let _ = Time::parse(&text);
    });
}

#[test]
fn keys_of_any_kind_come_out_as_they_went_in_or_are_an_answer() {
    drive("keys", &seeds("keys"), 12_000, |bytes| {
        let mut it = Answers::default();
        let now = Instant::now();
        it.ask(Some(now));
        let (mut out, mut answered) = (0, 0);
        for (index, byte) in bytes.iter().enumerate() {
            let (code, modifiers) = match byte {
                0x1b => (KeyCode::Esc, KeyModifiers::NONE),
                0xc0.. => (KeyCode::Char(char::from(byte & 0x7f)), KeyModifiers::ALT),
                0x80.. => (KeyCode::Char(char::from(byte & 0x7f)), KeyModifiers::CONTROL),
                byte => (KeyCode::Char(char::from(*byte)), KeyModifiers::NONE),
            };
            match it.hear(Key::Key(KeyEvent::new(code, modifiers)), now) {
                Heard::Events(keys) => out += keys.len(),
                Heard::Background { .. } => answered += 1,
            }
            assert!(answered > 0 || out <= index + 1, "no key is made up");
        }
        out += it.release().len();
        assert!(answered > 0 || out == bytes.len(), "{out} of {} keys came out", bytes.len());
    });
}

#[test]
fn a_log_on_a_disk_that_changed_it_opens_with_what_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let keep = |path: &Path| LogStore::open(path, 64 << 20, Millis::hours(24 * 7)).unwrap();
    let store = keep(&whole);
    let at = trackside::local::clock::now();
    let entry = |n: i32| Entry {
        at,
        kind: LogKind::Runtime,
        level: None,
        service: Some("api".into()),
        deployment: None,
        replica: 1,
        cont: false,
        text: format!("line {n}"),
    };
    store.append((0..200).map(entry).collect());
    store.flush();
    store.close();
    drop(store);
    let files: Vec<PathBuf> = std::fs::read_dir(&whole).unwrap().map(|it| it.unwrap().path()).filter(|it| it.is_file()).collect();
    let segment = files.iter().max_by_key(|it| std::fs::metadata(it).unwrap().len()).unwrap().clone();
    let mut round = 0;
    drive("log on disk", &[std::fs::read(&segment).unwrap()], 60, |bytes| {
        round += 1;
        let other = folder.path().join(format!("{round}"));
        std::fs::create_dir(&other).unwrap();
        for it in &files {
            std::fs::copy(it, other.join(it.file_name().unwrap())).unwrap();
        }
        std::fs::write(other.join(segment.file_name().unwrap()), bytes).unwrap();
        let store = keep(&other);
        let page = store.query(&LogQuery { limit: Some(500), ..LogQuery::default() }, &Nobody).unwrap();
        for line in &page.lines {
            // A checksum stands over each block: what is shown is what was written.
            assert!(line.text.starts_with("line "), "{line:?}");
        }
        assert!(page.lines.len() <= 400 && page.lines.is_sorted_by_key(|it| it.off));
        store.close();
        drop(store);
        std::fs::remove_dir_all(&other).unwrap();
    });
}

/// Names that a query may ask for: here nobody has one.
struct Nobody;

impl trackside::local::logs::Names for Nobody {
    fn services(&self, _: &ProjectId) -> Vec<ServiceId> {
        Vec::new()
    }
}
