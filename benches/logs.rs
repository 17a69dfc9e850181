//! The log store at its full size: append, filter, search, one screen, memory; beside the limit that this machine's memory sets, and beside
//! `rg` and `lnav` where they are installed, in the same run. `cargo bench --bench logs`. Lines are made here, the same ones each time.

#[path = "kit/lines.rs"]
mod lines;

use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lines::Maker;
use memchr::memmem;
use rustix::time::{ClockId, clock_gettime};
use trackside::app::logs::{Clockface, Logs};
use trackside::model::log::{Level, LogLine};
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
const SAID: &str = "segment Checksum mismatch: expected 5f3a91c7 got deadbeef";

/// Calls `each` with all lines, a batch at a time, as they arrive.
fn feed(mut each: impl FnMut(Vec<LogLine>)) {
    let mut maker = Maker::new();
    for from in (1..=LINES).step_by(BATCH) {
        each((from..(from + BATCH).min(LINES + 1)).map(|n| maker.line((n == LINES - 500).then_some(SAID))).collect());
    }
}

/// Memory of this process that is really there, in bytes. Elsewhere than on Linux, none.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|it| it.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// What a run took: processor time of all threads, which on a shared machine means most, and by the clock on the wall, which a second
/// thread shortens.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    cpu: Duration,
    wall: Duration,
}

fn cpu() -> Duration {
    let it = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(it.tv_sec.unsigned_abs(), it.tv_nsec as u32)
}

fn cost(run: impl FnOnce()) -> Cost {
    let (start, before) = (Instant::now(), cpu());
    run();
    Cost { cpu: cpu().saturating_sub(before), wall: start.elapsed() }
}

/// The least of `n` runs.
fn best(n: usize, mut run: impl FnMut()) -> Cost {
    let all: Vec<Cost> = (0..n).map(|_| cost(&mut run)).collect();
    let least = |of: fn(&Cost) -> Duration| all.iter().map(of).min().unwrap_or_default();
    Cost { cpu: least(|it| it.cpu), wall: least(|it| it.wall) }
}

fn say(what: &str, took: Cost, against: Cost) {
    let (cpu, wall) = (took.cpu.as_secs_f64(), took.wall.as_secs_f64());
    println!("{what:<44} {:>9.3} ms CPU {:>7.2} x scan {:>9.3} ms wall", cpu * 1e3, cpu / against.cpu.as_secs_f64(), wall * 1e3);
}

fn finish(logs: &mut Logs) {
    while logs.work(1 << 20) {}
}

/// What this machine allows, on one buffer of all lines; the scan for a rare literal is what the rest is measured against.
fn limits(raw: &str) -> Cost {
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
fn searches(logs: &mut Logs, scan: Cost) -> Cost {
    let rare_regex = format!("/{RARE_REGEX}/");
    let searches = [
        ("rare literal", RARE),
        ("rare regex", &*rare_regex),
        ("rare literal, any case", "got deadbeef"),
        ("frequent literal, any case", "request_id"),
        ("frequent regex", "/status=5\\d\\d/"),
        ("regex without a literal", "/[0-9a-f]{6}[xyz][0-9]+/"),
    ];
    let mut rare = Cost::default();
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

fn filters(logs: &mut Logs, scan: Cost) {
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

fn screens(logs: &mut Logs, scan: Cost) {
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
fn peers(file: &Path, search: Cost, all: Cost) {
    let filter = format!(":filter-in {RARE_REGEX}");
    let ratio = |what: &str, theirs: Option<Duration>, ours: Duration| {
        if let Some(theirs) = theirs {
            let (theirs, ours) = (theirs.as_secs_f64(), ours.as_secs_f64());
            println!("{what:<44} {:>9.3} ms   ours {:>9.3} ms, {:.3} x", theirs * 1e3, ours * 1e3, ours / theirs);
        }
    };
    ratio("peer: rg, rare regex", peer(5, "rg", &["--count", RARE_REGEX], file), search.wall);
    ratio("peer: lnav, load and filter by rare regex", peer(2, "lnav", &["-n", "-q", "-c", &filter], file), all.wall + search.wall);
}

/// A full store, the bytes of its text, and the time that the first lines and all of them took.
fn fill(file: &Path) -> io::Result<(Logs, usize, [Cost; 2])> {
    let mut out = BufWriter::new(File::create(file)?);
    let mut logs = Logs::new(BUDGET);
    logs.resize(200, 60);
    let (mut first, mut took, mut raw) = (Cost::default(), Cost::default(), 0);
    let mut written = Ok(());
    feed(|batch| {
        for line in &batch {
            raw += line.text.len() + 1;
            if written.is_ok() {
                written = writeln!(out, "{}", line.text);
            }
        }
        let now = Time(batch.last().map_or(0, |it| it.at.0));
        let one = cost(|| logs.absorb(batch, now));
        took = Cost { cpu: took.cpu + one.cpu, wall: took.wall + one.wall };
        if logs.store().len() <= WARM {
            first = Cost { cpu: took.cpu * WARM as u32 / logs.store().len() as u32, ..took };
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
    let each = |what: &str, took: Cost, lines: usize| println!("{what:<44} {:>9.3} us a line", took.cpu.as_secs_f64() * 1e6 / lines as f64);
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
