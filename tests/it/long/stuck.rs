//! A terminal that takes nothing for a minute while a thousand lines a second come in, and one that changes its size a thousand times a second.

use std::time::{Duration, Instant};

use portable_pty::PtySize;
use rustix::process::Signal;
use rustix::termios::LocalModes;
use trackside::local::port::Entry;

use super::memory::{MIB, holds};
use super::{figure, following};
use crate::contract::samples;
use crate::figures;
use crate::rig::{PATIENCE, Rig};

/// Lines a second, and how many at once.
const RATE: usize = 1000;
const BATCH: usize = 100;
/// What a minute of lines, kept once, may add to memory: sixty thousand of a hundred bytes, and what is counted of them.
const MORE: u64 = 48 * MIB;
/// A second is the goal; a machine that does other things meanwhile is given room.
const WITHIN: Duration = Duration::from_secs(5);

fn entries(from: usize) -> Vec<Entry> {
    let padding = "x".repeat(72);
    let entry = |n: usize| samples::entry(format!("line {n:08} {padding}"));
    (from..from + BATCH).map(entry).collect()
}

/// The size the dashboard has here.
const SIZE: PtySize = PtySize { rows: 50, cols: 160, pixel_width: 0, pixel_height: 0 };

/// Waits until it has taken in what came, which is when it has next to nothing to do: what it draws of that later is no frame of the past.
fn caught_up(pid: u32) {
    let (look, end) = (Duration::from_millis(500), Instant::now() + PATIENCE);
    loop {
        let before = spent(pid);
        std::thread::sleep(look);
        if spent(pid).saturating_sub(before) <= look / 10 {
            return;
        }
        assert!(Instant::now() < end, "it is still at what came while nothing was read");
    }
}

fn frames(it: &Rig) -> usize {
    it.screen.0.lock().unwrap().raw.windows(8).filter(|part| *part == b"\x1b[?2026h").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes a minute and more: `.ci/run` runs it by itself"]
async fn a_terminal_that_takes_nothing_for_a_minute_costs_no_memory_and_is_painted_once_when_it_reads_again() {
    let seconds = figure("TRACKSIDE_STUCK_SECONDS", 60) as usize;
    let (desk, mut it) = following(entries(0), "line 00000099").await;
    let pid = it.child.process_id().unwrap();
    tokio::task::block_in_place(|| it.hang(SIZE));
    let (before, mut fed, mut tick) = (holds(pid), BATCH, tokio::time::interval(Duration::from_millis((BATCH * 1000 / RATE) as u64)));
    while fed < seconds * RATE {
        tick.tick().await;
        desk.feeds.logs.append(entries(fed));
        fed += BATCH;
    }
    let after = holds(pid);
    assert!(after <= before + MORE, "from {} to {} MiB", before / MIB, after / MIB);
    tokio::task::block_in_place(|| caught_up(pid));
    let drawn = frames(&it);
    it.read();
    let last = format!("line {:08}", fed - 1);
    tokio::task::block_in_place(|| it.sees(&last));
    let late = frames(&it) - drawn;
    // The one that hung, the one that is whole, and what came with the keys since.
    assert!(late <= 6, "{late} frames of the past");
    it.press("q");
    it.press("q");
    assert_eq!(tokio::task::block_in_place(|| it.ended(PATIENCE)).exit_code(), 0);
    it.is_clean();

    let mut ends = Vec::new();
    for key in [true, false] {
        let (desk, mut it) = following(entries(0), "line 00000099").await;
        tokio::task::block_in_place(|| it.hang(SIZE));
        desk.feeds.logs.append(entries(BATCH));
        let begun = Instant::now();
        if key {
            it.press("qq");
        } else {
            it.signal(Signal::TERM);
        }
        let status = tokio::task::block_in_place(|| it.ended(PATIENCE));
        ends.push(begun.elapsed());
        assert_eq!(status.exit_code(), if key { 0 } else { 143 });
        assert!(it.mode().contains(LocalModes::ICANON | LocalModes::ECHO), "still single keys");
    }
    assert!(ends.iter().all(|it| *it <= WITHIN), "{ends:?}");
    let text = format!(
        "{} MiB more in {seconds} s under {RATE} lines/s, then {late} frames; q and TERM in {} and {} ms",
        after.saturating_sub(before) / MIB,
        ends[0].as_millis(),
        ends[1].as_millis()
    );
    let met = ends.iter().all(|it| *it <= Duration::from_secs(1));
    figures::judge("a terminal that takes nothing", text, "flat, one frame, 1000 ms", met);
}

/// What `pid` has used of processors so far.
fn spent(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let ticks: u64 = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(2).map(|it| it.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
}

#[test]
#[ignore = "half a minute: `.ci/run` runs it by itself"]
fn a_thousand_sizes_a_second_are_borne_and_end_in_a_whole_picture() {
    let seconds = figure("TRACKSIDE_RESIZE_SECONDS", 30);
    let mut it = Rig::dashboard(120, 40);
    it.sees("Timeline");
    let pid = it.child.process_id().unwrap();
    let (mut dice, before, begun, mut done) = (crate::hostile::Dice(8), spent(pid), Instant::now(), 0_u64);
    while begun.elapsed() < Duration::from_secs(seconds) {
        let (width, height) = (dice.below(300) as u16, dice.below(100) as u16);
        // The test's own terminal is not resized with it: what is drawn meanwhile is looked at by nobody.
        it.master.resize(PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 }).unwrap();
        if done % 10 == 0 {
            it.press("\x1b[<0;250;90M");
        }
        done += 1;
        // By the clock, so that a late one is made up for.
        std::thread::sleep(Duration::from_millis(done).saturating_sub(begun.elapsed()));
    }
    let share = spent(pid).saturating_sub(before).as_secs_f64() / begun.elapsed().as_secs_f64() * 100.0;
    assert!(it.child.try_wait().unwrap().is_none(), "it ended");
    it.screen.0.lock().unwrap().parser.screen_mut().set_size(40.try_into().unwrap(), 130.try_into().unwrap());
    it.master.resize(PtySize { rows: 40, cols: 130, pixel_width: 0, pixel_height: 0 }).unwrap();
    it.until("not drawn to the right edge", |it| it.contents().lines().any(|line| line.chars().count() >= 129));
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
    assert!(done >= seconds * 500, "{done} sizes");
    figures::judge(
        "sizes of a terminal within half a minute",
        format!("{done} in {seconds} s, {share:.0} % of a core unoptimised"),
        "1000 a second, 60 %",
        // The clock of the last one is its own; one in a hundred may be late.
        done >= seconds * 990 && share <= 60.0,
    );
}
