//! The log store at its full size: append, filter, search, one screen, memory; beside the limit that this machine's memory sets, and beside
//! `rg` and `lnav` where they are installed, in the same run. `cargo bench --bench logs`. Lines are made here, the same ones each time.

use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use memchr::memmem;
use trackside::app::logs::{Clockface, Logs};
use trackside::model::ids::ServiceId;
use trackside::model::log::{Level, LogKind, LogLine};
use trackside::model::query::Clock;
use trackside::model::time::Time;

const LINES: usize = 1_000_000;
const BATCH: usize = 512;
const BUDGET: usize = 512 << 20;
/// Lines that are taken in before the first are packed away.
const WARM: usize = 10_000;
/// In one line only, 500 before the end; the first with an upper case letter, so that case counts.
const RARE: &str = "Checksum mismatch";
const RARE_REGEX: &str = "Checksum mismatch: expected [0-9a-f]{8} got deadbeef";

/// A small generator of numbers (xorshift), so that the lines are the same everywhere.
struct Dice(u64);

impl Dice {
    const fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// About 150 bytes a line: 55 % JSON, 30 % `time LEVEL [service] text key=value`, 15 % access log.
fn make(n: usize, dice: &mut Dice, at: &mut i64) -> LogLine {
    const SERVICES: [&str; 5] = ["web", "api", "worker", "scheduler", "postgres-proxy"];
    const SAID: [&str; 6] = [
        "cache lookup key=user:{} hit=true ttl={}",
        "request completed status=200 duration_ms={} bytes={}",
        "job finished queue=emails id={} took_ms={}",
        "slow query duration_ms={} rows={}",
        "retrying upstream attempt={} backoff_ms={}",
        "upstream request failed status=502 attempt={} duration_ms={}",
    ];
    *at += dice.roll(20) as i64;
    let level = [Level::Debug, Level::Info, Level::Warn, Level::Error][[0, 1, 1, 1, 1, 1, 1, 2, 2, 3][dice.roll(10) as usize]];
    let service = SERVICES[dice.roll(5) as usize];
    let mut said =
        SAID[dice.roll(6) as usize].replacen("{}", &dice.roll(99_999).to_string(), 1).replacen("{}", &dice.roll(9_999).to_string(), 1);
    if n == LINES - 500 {
        "segment Checksum mismatch: expected 5f3a91c7 got deadbeef".clone_into(&mut said);
    }
    let (when, request, kind) = (Time(*at), dice.roll(1 << 48), dice.roll(100));
    let mut text = String::with_capacity(200);
    let _ = match kind {
        0..55 => write!(
            text,
            r#"{{"ts":"{when}","level":"{}","service":"{service}","msg":"{said}","request_id":"{request:012x}","n":{n}}}"#,
            level.word()
        ),
        55..85 => write!(
            text,
            "{when} {:<5} [{service}] {said} path=/api/v1/orders/{} request_id={request:012x} trace={:08x}",
            level.word(),
            n % 99_999,
            request >> 16
        ),
        _ => write!(
            text,
            r#"10.{}.{}.7 - - [{when}] "GET /api/v1/carts/{} HTTP/1.1" 200 {} "-" "Mozilla/5.0 (X11) rv:{}" {said}"#,
            n % 255,
            n % 251,
            n % 99_999,
            n % 77_777,
            n % 40 + 90
        ),
    };
    LogLine {
        off: n as u64,
        at: when,
        kind: LogKind::Runtime,
        level,
        service: Some(ServiceId::new(service)),
        deployment: None,
        replica: 1,
        cont: false,
        text,
    }
}

/// Calls `each` with all lines, a batch at a time, as they arrive.
fn feed(mut each: impl FnMut(Vec<LogLine>)) {
    let (mut dice, mut at) = (Dice(42), 1_760_000_000_000);
    for from in (1..=LINES).step_by(BATCH) {
        each((from..(from + BATCH).min(LINES + 1)).map(|n| make(n, &mut dice, &mut at)).collect());
    }
}

/// Memory of this process that is really there, in bytes. Elsewhere than on Linux, none.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|it| it.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// Processor time this thread has had: on a shared machine the only clock that means something. Elsewhere than on Linux, the wall's.
fn cpu(start: Instant) -> Duration {
    // The system counts a thread's time when it stops running, if only for a moment.
    std::thread::yield_now();
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    times.split(' ').next().and_then(|it| it.parse().ok()).map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// Shortest of `n` runs.
fn best(n: usize, mut run: impl FnMut()) -> Duration {
    let one = |()| {
        let (start, before) = (Instant::now(), cpu(Instant::now()));
        run();
        cpu(start).saturating_sub(before)
    };
    std::iter::repeat_n((), n).map(one).min().unwrap_or_default()
}

fn say(what: &str, took: Duration, against: Duration) {
    println!("{what:<44} {:>9.3} ms   {:>7.2} x scan", took.as_secs_f64() * 1e3, took.as_secs_f64() / against.as_secs_f64());
}

fn finish(logs: &mut Logs) {
    while logs.work(1 << 20) {}
}

/// What this machine allows, on one buffer of all lines; the scan for a rare literal is what the rest is measured against.
fn limits(raw: &str) -> Duration {
    let finder = memmem::Finder::new(RARE);
    let scan = best(7, || _ = black_box(finder.find_iter(raw.as_bytes()).count()));
    say("limit: one buffer, rare literal", scan, scan);
    if let Ok(regex) = regex::Regex::new(RARE_REGEX) {
        say("limit: one buffer, rare regex", best(7, || _ = black_box(regex.find_iter(raw).count())), scan);
    }
    let mut copy = String::new();
    say("limit: copy", best(7, || raw.clone_into(&mut copy)), scan);
    drop(copy);
    scan
}

/// What the rare regex took.
fn searches(logs: &mut Logs, scan: Duration) -> Duration {
    let rare_regex = format!("/{RARE_REGEX}/");
    let searches = [
        ("rare literal", RARE),
        ("rare regex", &*rare_regex),
        ("rare literal, any case", "got deadbeef"),
        ("frequent literal, any case", "request_id"),
        ("frequent regex", "/status=5\\d\\d/"),
        ("regex without a literal", "/[0-9a-f]{6}[xyz][0-9]+/"),
    ];
    let mut rare = Duration::ZERO;
    for (what, typed) in searches {
        let took = best(5, || {
            logs.set_search(typed).unwrap_or_default();
            finish(logs);
        });
        say(&format!("search: {what} ({} hits)", logs.found().unwrap_or_default().total), took, scan);
        if typed == rare_regex {
            rare = took;
        }
    }
    logs.clear_search();
    rare
}

fn filters(logs: &mut Logs, scan: Duration) {
    let first = best(5, || {
        logs.set_level(None);
        logs.set_level(Some(Level::Error));
        black_box(logs.visible(Clockface::default()).len());
    });
    say("filter by level: first screen", first, scan);
    let took = best(5, || {
        logs.set_level(None);
        logs.set_level(Some(Level::Error));
        finish(logs);
    });
    say(&format!("filter by level: all ({} shown)", logs.count()), took, scan);
    logs.set_level(None);
    for typed in ["status=502", "!status", RARE] {
        let took = best(5, || {
            logs.clear_filters();
            logs.add_filter(typed, Clock::default()).unwrap_or_default();
            finish(logs);
        });
        say(&format!("filter by text {typed} ({} shown)", logs.count()), took, scan);
    }
    logs.clear_filters();
}

fn screens(logs: &mut Logs, scan: Duration) {
    let frame = |what: &str, logs: &mut Logs| {
        let took = best(200, || _ = black_box(logs.visible(Clockface::default())));
        say(what, took, scan);
    };
    frame("one screen of 200x60, following", logs);
    logs.toggle_wrap();
    frame("the same, wrapped", logs);
    logs.scroll(-100_000);
    let _ = logs.set_search("request");
    finish(logs);
    frame("the same, in the middle, with hits", logs);
    let (from, to) = (Time(1_760_000_000_000), Time(1_760_010_000_000));
    logs.toggle_wrap();
    frame("the same, not wrapped", logs);
    say("ticks of a scroll bar of 58 rows", best(50, || _ = black_box(logs.ticks(58))), scan);
    let page = best(20, || {
        logs.page_by(-1);
        black_box(logs.visible(Clockface::default()).len());
    });
    say("a page up among old lines, and the screen", page, scan);
    say("histogram of everything in 120 cells", best(50, || _ = black_box(logs.histogram(from, to, 120))), scan);
}

/// Shortest of `n` runs of another program, by the clock on the wall; `None`, loudly, if it is not installed.
fn peer(n: usize, name: &str, args: &[&str], file: &Path) -> Option<Duration> {
    let run = || {
        let start = Instant::now();
        let ran = Command::new(name).args(args).arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        ran.map(|_| start.elapsed())
    };
    let took: io::Result<Vec<Duration>> = (0..n).map(|_| run()).collect();
    match took {
        Ok(all) => all.into_iter().min(),
        Err(why) => {
            println!("SKIPPED: no comparison with {name}, which cannot be run here ({why})");
            None
        }
    }
}

/// The same search by others, from a file that the system holds in memory.
fn peers(file: &Path, search: Duration, all: Duration) {
    let filter = format!(":filter-in {RARE_REGEX}");
    let ratio = |what: &str, theirs: Option<Duration>, ours: Duration| {
        if let Some(theirs) = theirs {
            let (theirs, ours) = (theirs.as_secs_f64(), ours.as_secs_f64());
            println!("{what:<44} {:>9.3} ms   ours {:>9.3} ms, {:.3} x", theirs * 1e3, ours * 1e3, ours / theirs);
        }
    };
    ratio("peer: rg, rare regex", peer(5, "rg", &["--count", RARE_REGEX], file), search);
    ratio("peer: lnav, load and filter by rare regex", peer(2, "lnav", &["-n", "-q", "-c", &filter], file), all + search);
}

/// A full store, the bytes of its text, and the time that the first lines and all of them took.
fn fill(file: &Path) -> io::Result<(Logs, usize, [Duration; 2])> {
    let mut out = BufWriter::new(File::create(file)?);
    let mut logs = Logs::new(BUDGET);
    logs.resize(200, 60);
    let (mut first, mut took, mut raw) = (Duration::ZERO, Duration::ZERO, 0);
    let mut written = Ok(());
    feed(|batch| {
        for line in &batch {
            raw += line.text.len() + 1;
            if written.is_ok() {
                written = writeln!(out, "{}", line.text);
            }
        }
        let now = Time(batch.last().map_or(0, |it| it.at.0));
        let (start, before) = (Instant::now(), cpu(Instant::now()));
        logs.absorb(batch, now);
        took += cpu(start).saturating_sub(before);
        if logs.store().len() <= WARM {
            first = took * WARM as u32 / logs.store().len() as u32;
        }
    });
    written?;
    out.flush()?;
    Ok((logs, raw, [first, took]))
}

fn main() -> io::Result<()> {
    // `cargo test --benches` only asks whether it starts.
    if !std::env::args().any(|it| it == "--bench") {
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("lines.log");
    let (mut logs, size, [first, append]) = fill(&file)?;
    let memory = resident();
    let raw = std::fs::read_to_string(&file)?;
    println!("{LINES} lines, {:.1} MB\n", size as f64 / 1e6);
    let scan = limits(&raw);
    drop(raw);
    say("append, all", append, scan);
    let each = |what: &str, took: Duration, lines: usize| println!("{what:<44} {:>9.3} us a line", took.as_secs_f64() * 1e6 / lines as f64);
    each("append, all: old lines packed", append, LINES);
    each("append, the first: nothing packed yet", first, WARM);
    let share = |what: &str, bytes: usize| {
        println!("{what:<44} {:>9.1} MB   {:>7.3} x raw, {} lines", bytes as f64 / 1e6, bytes as f64 / size as f64, logs.store().len());
    };
    share("memory: what the store counts", logs.store().bytes());
    share("memory: this whole process", memory);
    println!();
    let search = searches(&mut logs, scan);
    peers(&file, search, append);
    filters(&mut logs, scan);
    screens(&mut logs, scan);
    Ok(())
}
