//! The whole program under a feed: a real platform whose service logs 20,000 lines a second, the dashboard on it in a pseudo-terminal, and
//! beside it, in the same run, `lnav` on a file that grows as fast. `cargo build --release`, then `cargo bench --bench feed`.
//!
//! It prints figures with their goals and never fails for one: a machine that does other things too measures itself.

mod kit {
    pub mod lines;
    pub mod process;
    pub mod terminal;
}

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use kit::lines::Maker;
use kit::terminal::{Outcome, Terminal, Took};

/// Lines a second, and seconds; `TRACKSIDE_FEED_RATE` and `TRACKSIDE_FEED_SECONDS` say otherwise.
const RATE: u64 = 20_000;
const SECONDS: u64 = 10;
/// As long as keys are pressed.
const KEYS: u64 = 5;
/// How long nothing happens while idleness is measured.
const IDLE: Duration = Duration::from_secs(20);
/// Lines into a quiet log.
const QUIET: usize = 15;
/// The first argument of this program when it is the service whose lines are shown.
const FEEDER: &str = "feeder";
/// On the screen while a command is typed, and only then.
const COMMAND: &str = "Tab complete";
/// In every line that is fed, whatever its form, and in no other.
const FED: &str = r#"/"n":|trace=|Mozilla/"#;

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().collect();
    if let [_, FEEDER, address] = &args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return feeder(address);
    }
    // `cargo test --benches` only asks whether it starts.
    if !args.iter().any(|it| it == "--bench") {
        return Ok(());
    }
    let program = program()?;
    let dir = tempfile::tempdir()?;
    let ours = ours(&program, dir.path())?;
    let theirs = match theirs(dir.path()) {
        Ok(it) => Some(it),
        Err(why) => {
            println!("SKIPPED: no comparison with lnav, which cannot be measured here ({why})\n");
            None
        }
    };
    report(&ours, theirs.as_ref());
    Ok(())
}

/// The dashboard: beside the folder that this program is in.
fn program() -> Outcome<PathBuf> {
    let own = std::env::current_exe()?;
    let program = own.parent().and_then(Path::parent).unwrap_or(Path::new(".")).join("trackside");
    if program.is_file() {
        return Ok(program);
    }
    Err(format!("there is no {}: `cargo build --release` makes it", program.display()).into())
}

/// What the environment says in place of a usual figure.
fn set(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(usual)
}

fn rate() -> u64 {
    set("TRACKSIDE_FEED_RATE", RATE)
}

/// Writes lines as it is told to, one order a line of what it reads: `flood SECONDS RATE` or `say TEXT`. Answers when it was done, and with how
/// many lines.
fn feeder(address: &str) -> Outcome<()> {
    let orders = TcpStream::connect(address)?;
    let mut answers = orders.try_clone()?;
    let mut maker = Maker::new();
    for order in BufReader::new(orders).lines() {
        let order = order?;
        let mut out = std::io::stdout().lock();
        let lines = match order.split_once(' ') {
            Some(("flood", much)) => {
                let (seconds, rate) = much.split_once(' ').ok_or("for how long, and how fast?")?;
                flood(&mut out, seconds.parse()?, rate.parse()?, &mut maker)?
            }
            Some(("say", text)) => {
                writeln!(out, "{text}")?;
                out.flush()?;
                1
            }
            _ => return Err(format!("an order that is none: {order}").into()),
        };
        writeln!(answers, "{} {lines}", SystemTime::UNIX_EPOCH.elapsed()?.as_nanos())?;
    }
    Ok(())
}

/// Writes `rate` lines a second, in steps of ten milliseconds.
fn flood(out: &mut impl Write, seconds: u64, rate: u64, maker: &mut Maker) -> Outcome<u64> {
    const STEPS: u64 = 100;
    let start = Instant::now();
    for step in 0..seconds * STEPS {
        let mut chunk = String::new();
        for _ in 0..rate / STEPS {
            chunk.push_str(&maker.line(None).text);
            chunk.push('\n');
        }
        sleep((start + Duration::from_secs(step) / STEPS as u32).saturating_duration_since(Instant::now()));
        out.write_all(chunk.as_bytes())?;
        out.flush()?;
    }
    Ok(seconds * STEPS * (rate / STEPS))
}

/// Where the lines come from: a service of the platform, or this program writing a file.
enum Feed {
    Service { orders: TcpStream, answers: BufReader<TcpStream>, _platform: Platform },
    File { file: File, maker: Maker },
}

impl Feed {
    /// When the last line of a flood was written, and how many there were.
    fn flood(&mut self, seconds: u64) -> Outcome<(SystemTime, u64)> {
        match self {
            Self::Service { .. } => self.order(&format!("flood {seconds} {}", rate())),
            Self::File { file, maker } => {
                let lines = flood(file, seconds, rate(), maker)?;
                Ok((SystemTime::now(), lines))
            }
        }
    }

    fn say(&mut self, text: &str) -> Outcome<SystemTime> {
        if let Self::File { file, .. } = self {
            writeln!(file, "{text}")?;
            return Ok(SystemTime::now());
        }
        Ok(self.order(&format!("say {text}"))?.0)
    }

    fn order(&mut self, order: &str) -> Outcome<(SystemTime, u64)> {
        let Self::Service { orders, answers, .. } = self else { return Err("a file takes no orders".into()) };
        writeln!(orders, "{order}")?;
        let mut answer = String::new();
        answers.read_line(&mut answer)?;
        let (at, lines) = answer.trim().split_once(' ').ok_or("the service has ended")?;
        Ok((SystemTime::UNIX_EPOCH + Duration::from_nanos(at.parse()?), lines.parse()?))
    }
}

/// A platform of our own, ended with this.
struct Platform(Child);

impl Drop for Platform {
    fn drop(&mut self) {
        // It ends what it runs; killed, its supervisors would do that, a moment later.
        if let Some(pid) = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.0.wait();
    }
}

/// Starts a platform in `dir`, and on it this program as a service.
fn service(program: &Path, dir: &Path) -> Outcome<Feed> {
    let (data, repo) = (dir.join("data"), dir.join("repo"));
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let serve =
        Command::new(program).arg("--data").arg(&data).args(["--json", "serve"]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut platform = Platform(serve);
    let mut said = String::new();
    BufReader::new(platform.0.stdout.take().ok_or("no output")?).read_line(&mut said)?;
    if said.is_empty() {
        return Err("the platform did not start".into());
    }
    std::fs::create_dir(&repo)?;
    let own = std::env::current_exe()?;
    let start = format!("exec '{}' {FEEDER} {}", own.display(), listener.local_addr()?);
    std::fs::write(repo.join("trackside.toml"), format!("kind = \"worker\"\nstart = \"{start}\"\n"))?;
    for args in [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "-m", "a feeder"]] {
        run(Command::new("git").args(["-c", "user.name=bench", "-c", "user.email=bench@localhost"]).args(args).current_dir(&repo))?;
    }
    let repo = repo.display().to_string();
    for args in [&["project", "create", "bench"][..], &["service", "create", "bench/feed", "--repo", &repo], &["deploy", "bench/feed"]] {
        run(Command::new(program).arg("--data").arg(&data).args(args))?;
    }
    let (orders, _) = listener.accept()?;
    orders.set_nodelay(true)?;
    Ok(Feed::Service { answers: BufReader::new(orders.try_clone()?), orders, _platform: platform })
}

fn run(command: &mut Command) -> Outcome<()> {
    let done = command.stdin(Stdio::null()).output()?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&done.stderr)).into())
}

/// What was measured of one viewer.
struct Figures {
    flood: Took,
    /// The last line of the flood: written until shown.
    late: Duration,
    /// One line into a quiet log: written until shown.
    quiet: Vec<Duration>,
    idle: Took,
    /// Keys that scroll by a line at the edge: until the first byte, and bytes.
    scroll: Vec<(Duration, u64)>,
    /// Keys while the feed runs.
    busy: Vec<Duration>,
    lost: Option<i64>,
}

fn ours(program: &Path, dir: &Path) -> Outcome<Figures> {
    let mut feed = service(program, dir)?;
    let data = dir.join("data").display().to_string();
    let mut it = Terminal::start(program, &["--data", &data], dir)?;
    it.sees("feed")?;
    it.press("3z")?;
    let quiet = quiet(&it, &mut feed)?;
    let idle = idle(&it);
    let (flood, late, first) = flooded(&it, &mut feed)?;
    let scroll = scrolled(&mut it)?;
    it.press("F")?;
    let (busy, second) = pressed(&mut it, &mut feed)?;
    it.press(&format!("/{FED}\r"))?;
    let (held, _) = it.find("the number of hits", hits)?;
    let lost = Some((first + second) as i64 - held);
    Ok(Figures { flood, late, quiet, idle, scroll, busy, lost })
}

fn theirs(dir: &Path) -> Outcome<Figures> {
    let path = dir.join("fed.log");
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    // Until it has a first line of a form that it knows, it does not know how to read the file.
    writeln!(file, "{}", Maker::new().line(None).text)?;
    let program = Path::new("/usr/bin/lnav");
    let mut it = Terminal::start(program, &[&path.display().to_string()], dir)?;
    it.sees("fed.log")?;
    let mut feed = Feed::File { file, maker: Maker::new() };
    feed.say("BEGIN")?;
    it.sees("BEGIN")?;
    let quiet = quiet(&it, &mut feed)?;
    let idle = idle(&it);
    let (flood, late, _) = flooded(&it, &mut feed)?;
    let scroll = scrolled(&mut it)?;
    Ok(Figures { flood, late, quiet, idle, scroll, busy: Vec::new(), lost: None })
}

/// Lines into a quiet log.
fn quiet(it: &Terminal, feed: &mut Feed) -> Outcome<Vec<Duration>> {
    let mut took = Vec::new();
    for n in 0..QUIET {
        let text = format!("QUIET-{n}-");
        let written = feed.say(&format!("INFO [web] {text} all connections drained"))?;
        let seen = it.sees(&text)?;
        took.push(seen.duration_since(written).unwrap_or_default());
        sleep(Duration::from_millis(150 + n as u64 * 7));
    }
    took.sort();
    Ok(took)
}

fn idle(it: &Terminal) -> Took {
    let mark = it.mark();
    sleep(IDLE);
    it.since(&mark)
}

/// A flood that is watched: what it took, how late its last line was shown, and how many lines there were.
fn flooded(it: &Terminal, feed: &mut Feed) -> Outcome<(Took, Duration, u64)> {
    let mark = it.mark();
    let (_, lines) = feed.flood(set("TRACKSIDE_FEED_SECONDS", SECONDS))?;
    let took = it.since(&mark);
    let written = feed.say("INFO [web] FEED-IS-OVER all connections drained")?;
    let seen = it.sees("FEED-IS-OVER")?;
    Ok((took, seen.duration_since(written).unwrap_or_default(), lines))
}

/// Keys while a flood runs: from the key until the help is there, or gone.
fn pressed(it: &mut Terminal, feed: &mut Feed) -> Outcome<(Vec<Duration>, u64)> {
    let Feed::Service { orders, answers, .. } = feed else { return Err("a file takes no orders".into()) };
    writeln!(orders, "flood {KEYS} {}", rate())?;
    let end = Instant::now() + Duration::from_secs(KEYS);
    let mut took = Vec::new();
    while Instant::now() < end {
        sleep(Duration::from_millis(40));
        let pressed = SystemTime::now();
        it.press(":")?;
        let there = it.find("the palette", |text| text.contains(COMMAND).then_some(()))?.1;
        took.push(there.duration_since(pressed).unwrap_or_default());
        sleep(Duration::from_millis(40));
        let pressed = SystemTime::now();
        it.press("\x1b")?;
        took.push(it.misses(COMMAND)?.duration_since(pressed).unwrap_or_default());
    }
    took.sort();
    let mut answer = String::new();
    answers.read_line(&mut answer)?;
    let lines = answer.trim().split_once(' ').ok_or("the service has ended")?.1.parse()?;
    Ok((took, lines))
}

/// Keys up from the newest line, the last of them at the upper edge, where each brings a new line in.
fn scrolled(it: &mut Terminal) -> Outcome<Vec<(Duration, u64)>> {
    let all = (0..80).map(|_| it.answer("k")).collect::<Outcome<Vec<_>>>()?;
    let mut edge = all[50..].to_vec();
    edge.sort();
    Ok(edge)
}

/// How many lines have what is searched for, once that is certain: `hit 3 of 200000`, or `200000 hits`; an ellipsis says "so far".
fn hits(screen: &str) -> Option<i64> {
    let line = screen.lines().find(|it| it.contains("Mozilla/ "))?;
    let (_, words) = line.split_once("Mozilla/ ")?;
    let number = words.split_once(" of ").map_or(words, |(_, it)| it);
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    if number[digits.len()..].starts_with('…') { None } else { digits.parse().ok() }
}

/// Milliseconds of a sorted list, at a share of a hundred.
fn part(all: &[Duration], share: usize) -> f64 {
    all.get((all.len() * share / 100).min(all.len().saturating_sub(1))).map_or(f64::NAN, |it| it.as_secs_f64() * 1e3)
}

fn report(ours: &Figures, theirs: Option<&Figures>) {
    println!("{:<44} {:>12} {:>12} {:>8}   goal", "", "ours", "lnav", "ratio");
    let row = |what: &str, goal: &str, figure: &dyn Fn(&Figures) -> f64| {
        let own = figure(ours);
        match theirs.map(figure).filter(|it| it.is_finite()) {
            Some(peer) => println!("{what:<44} {own:>12.2} {peer:>12.2} {:>8.3}   {goal}", own / peer),
            None => println!("{what:<44} {own:>12.2} {:>12} {:>8}   {goal}", "", ""),
        }
    };
    let cpu = |it: &Took| it.used.cpu.as_secs_f64() / it.seconds * 100.0;
    row("T1 feed: CPU, % of a core", "<= 0.9 x", &|it| cpu(&it.flood));
    row("T1 feed: frames/s", ">= 30", &|it| it.flood.wrote.bursts as f64 / it.flood.seconds);
    row("T1 feed: CPU a frame, ms", "", &|it| it.flood.used.cpu.as_secs_f64() * 1e3 / it.flood.wrote.bursts as f64);
    row("T2 feed: bytes a frame", "<= 1 x, <= 4200", &|it| it.flood.wrote.bytes as f64 / it.flood.wrote.bursts as f64);
    row("T2 feed: kB/s to the terminal", "<= 130", &|it| it.flood.wrote.bytes as f64 / 1e3 / it.flood.seconds);
    row("T3 last line shown after, ms", "<= 0.2 x, <= 40", &|it| it.late.as_secs_f64() * 1e3);
    row("T4 a line into a quiet log, p50 ms", "<= 0.02 x, <= 4", &|it| part(&it.quiet, 50));
    row("T4 the same, p95 ms", "<= 0.06 x, <= 20", &|it| part(&it.quiet, 95));
    row("T5 lines lost", "0", &|it| it.lost.map_or(f64::NAN, |it| it as f64));
    row("   peak memory of all, MB", "", &|it| it.flood.used.peak as f64 / 1e6);
    row("K3 a key while the feed runs, p50 ms", "", &|it| part(&it.busy, 50));
    row("K3 the same, p95 ms", "<= 8", &|it| part(&it.busy, 95));
    let waits = |it: &Figures| it.scroll.iter().map(|it| it.0).collect::<Vec<_>>();
    row("K2 a key that scrolls by a line, p50 ms", "<= 0.4 x", &|it| part(&waits(it), 50));
    row("K4 the same, bytes", "<= 1 x, <= 350", &|it| it.scroll.iter().map(|it| it.1 as f64).sum::<f64>() / it.scroll.len() as f64);
    row("I2 idle and connected: CPU, %", "<= 0.1", &|it| cpu(&it.idle));
    row("I2 idle: wakeups/s", "<= 5", &|it| it.idle.used.waits as f64 / it.idle.seconds);
    row("I2 idle: bytes/s", "<= 100", &|it| it.idle.wrote.bytes as f64 / it.idle.seconds);
}
