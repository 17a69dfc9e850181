//! What the replicas use, from /proc: processor, memory, threads, files, disk. What the kernel does not tell is a hole, never a zero.
//!
//! A replica is all that descends from its supervisor, which itself is not counted. Times and disk bytes of children that have ended
//! are in their parent's own numbers once it has waited for them, so the sum over the tree only grows, whoever comes and goes.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use super::tree;
use crate::model::ids::ServiceId;
use crate::model::metric::{Metric, MetricPoint};
use crate::model::time::Time;

/// A replica to sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub service: ServiceId,
    /// From 1.
    pub replica: u16,
    /// Its supervisor's process id.
    pub pid: u32,
}

/// Samples replicas; keeps what rates need of the sample before.
#[derive(Debug)]
pub struct Sampler {
    units: Units,
    before: HashMap<u32, (Instant, Usage)>,
}

#[derive(Clone, Copy, Debug)]
struct Units {
    page: u64,
    ticks: f64,
}

/// What one tree of processes has used so far, and holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Usage {
    /// When its supervisor started: tells a new one with an old number.
    began: u64,
    ticks: u64,
    memory: u64,
    threads: u64,
    /// Of the process that has most of them open.
    files: Option<u64>,
    /// Bytes read and written so far.
    disk: Option<(u64, u64)>,
}

/// What `/proc/<pid>/stat` says.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stat {
    own: u64,
    of_children: u64,
    threads: u64,
    began: u64,
    pages: u64,
}

impl Default for Sampler {
    fn default() -> Self {
        let units = Units { page: rustix::param::page_size() as u64, ticks: rustix::param::clock_ticks_per_second() as f64 };
        Self { units, before: HashMap::new() }
    }
}

impl Sampler {
    /// One point for each replica that lives, and one for each service as a whole (replica 0).
    pub fn sample(&mut self, now: Time, targets: &[Target]) -> Vec<MetricPoint> {
        let mut points: Vec<MetricPoint> = Vec::with_capacity(targets.len() * 2);
        let mut next = HashMap::with_capacity(targets.len());
        for target in targets {
            let Some(usage) = usage(target.pid, self.units.page) else { continue };
            let at = Instant::now();
            let before = self.before.get(&target.pid).filter(|it| it.1.began == usage.began);
            let values = values(before.map(|it| (at.duration_since(it.0), &it.1)), &usage, self.units.ticks);
            next.insert(target.pid, (at, usage));
            points.push(MetricPoint { service: target.service.clone(), replica: target.replica, at: now, values });
        }
        self.before = next;
        let whole = wholes(&points, now);
        points.extend(whole);
        points
    }
}

/// Sums over the replicas of each service. What one of them does not know, the service does not know.
fn wholes(points: &[MetricPoint], now: Time) -> Vec<MetricPoint> {
    let mut all: Vec<(MetricPoint, usize)> = Vec::new();
    for point in points {
        let Some((whole, count)) = all.iter_mut().find(|it| it.0.service == point.service) else {
            all.push((MetricPoint { replica: 0, at: now, ..point.clone() }, 1));
            continue;
        };
        *count += 1;
        whole.values.retain_mut(|(metric, sum)| {
            let value = point.values.iter().find(|it| it.0 == *metric);
            *sum += value.map_or(0.0, |it| it.1);
            value.is_some()
        });
    }
    all.into_iter().map(|it| it.0).collect()
}

fn values(before: Option<(Duration, &Usage)>, now: &Usage, ticks: f64) -> Vec<(Metric, f64)> {
    let mut values = vec![(Metric::Memory, now.memory as f64), (Metric::Threads, now.threads as f64)];
    values.extend(now.files.map(|it| (Metric::Files, it as f64)));
    let Some((elapsed, before)) = before.filter(|it| !it.0.is_zero()) else { return values };
    let seconds = elapsed.as_secs_f64();
    values.push((Metric::Cpu, now.ticks.saturating_sub(before.ticks) as f64 / ticks / seconds));
    if let (Some(now), Some(before)) = (now.disk, before.disk) {
        values.push((Metric::DiskRead, now.0.saturating_sub(before.0) as f64 / seconds));
        values.push((Metric::DiskWrite, now.1.saturating_sub(before.1) as f64 / seconds));
    }
    values
}

/// What the tree under `root` uses; `None` when there is no such process, or nothing under it.
fn usage(root: u32, page: u64) -> Option<Usage> {
    let top = stat(root)?;
    let disk = disk(root);
    let mut usage = Usage { began: top.began, ticks: top.of_children, files: Some(0), disk, ..Usage::default() };
    for pid in tree::descendants(root) {
        // Gone since the list was made: what it used is its parent's by now, and counted with the next sample.
        let Some(stat) = stat(pid) else { continue };
        usage.ticks += stat.own + stat.of_children;
        usage.memory += stat.pages * page;
        usage.threads += stat.threads;
        // The limit is each process's own: the one that is nearest to it is the one to know.
        usage.files = usage.files.zip(files(pid)).map(|(most, it)| most.max(it));
        usage.disk = usage.disk.zip(self::disk(pid)).map(|(sum, it)| (sum.0 + it.0, sum.1 + it.1));
    }
    (usage.threads > 0).then_some(usage)
}

fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name in brackets may hold spaces and brackets itself, so reading starts after the last one.
fn parse_stat(text: &str) -> Option<Stat> {
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace().skip(11).map(|it| it.parse::<u64>().unwrap_or(0));
    let own = fields.next()? + fields.next()?;
    let of_children = fields.next()? + fields.next()?;
    let threads = fields.nth(2)?;
    let began = fields.nth(1)?;
    let pages = fields.nth(1)?;
    Some(Stat { own, of_children, threads, began, pages })
}

/// Open files. Newer kernels say it as the size of the folder; older ones are counted.
fn files(pid: u32) -> Option<u64> {
    let path = format!("/proc/{pid}/fd");
    let told = fs::metadata(&path).ok()?.len();
    if told > 0 { Some(told) } else { Some(fs::read_dir(path).ok()?.count() as u64) }
}

fn disk(pid: u32) -> Option<(u64, u64)> {
    parse_io(&fs::read_to_string(format!("/proc/{pid}/io")).ok()?)
}

/// Bytes that really went to or came from a disk; writes that were undone before they did are taken off.
fn parse_io(text: &str) -> Option<(u64, u64)> {
    let field = |name: &str| text.lines().find_map(|it| it.strip_prefix(name)?.trim().parse::<u64>().ok());
    let undone = field("cancelled_write_bytes:").unwrap_or(0);
    Some((field("read_bytes:")?, field("write_bytes:")?.saturating_sub(undone)))
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    #[test]
    fn a_name_with_spaces_and_brackets_does_not_shift_the_fields() {
        let text =
            "4242 (my (odd) app) S 1 4242 4242 0 -1 4194560 900 10 0 0 70 30 5 2 20 0 7 0 123456 1234567 888 18446744073709551615 1 1 0 0";
        assert_eq!(parse_stat(text), Some(Stat { own: 100, of_children: 7, threads: 7, began: 123_456, pages: 888 }));
        assert_eq!(parse_stat("4242 (cut"), None);
        assert_eq!(parse_stat("4242 (cut) S 1 2"), None);
    }

    #[test]
    fn disk_bytes_are_those_of_the_disk() {
        let text = "rchar: 99\nwchar: 98\nsyscr: 1\nsyscw: 1\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 4096\n";
        assert_eq!(parse_io(text), Some((4096, 4096)));
        assert_eq!(parse_io("rchar: 99\n"), None);
    }

    #[test]
    fn the_first_sample_has_no_rates_and_a_later_one_does() {
        let before = Usage { ticks: 100, disk: Some((0, 10)), ..Usage::default() };
        let now = Usage { ticks: 150, disk: Some((4096, 10)), files: None, ..Usage::default() };
        let first: Vec<_> = values(None, &now, 100.0).into_iter().map(|it| it.0).collect();
        assert_eq!(first, [Metric::Memory, Metric::Threads]);
        let later = values(Some((Duration::from_millis(500), &before)), &now, 100.0);
        assert_eq!(later[2..], [(Metric::Cpu, 1.0), (Metric::DiskRead, 8192.0), (Metric::DiskWrite, 0.0)]);
    }

    #[test]
    fn a_service_is_the_sum_of_its_replicas_where_all_are_known() {
        let point = |replica, values: &[(Metric, f64)]| MetricPoint { service: "s".into(), replica, at: Time(0), values: values.to_vec() };
        let all = [point(1, &[(Metric::Memory, 1.0), (Metric::Cpu, 0.5)]), point(2, &[(Metric::Memory, 2.0)])];
        assert_eq!(wholes(&all, Time(9)), [MetricPoint { at: Time(9), ..point(0, &[(Metric::Memory, 3.0)]) }]);
    }

    /// Ends what it started, however the test ends.
    struct Tree(Child);

    impl Drop for Tree {
        fn drop(&mut self) {
            let below = tree::descendants(self.0.id());
            let _ = self.0.kill();
            for pid in below {
                if let Some(pid) = rustix::process::Pid::from_raw(pid as i32) {
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                }
            }
            let _ = self.0.wait();
        }
    }

    #[test]
    fn of_open_files_those_of_the_fullest_process_count() {
        let script = "sleep 600 7</dev/null 8</dev/null 9</dev/null & sleep 600 & wait";
        let tree = Tree(Command::new("sh").args(["-c", script]).spawn().unwrap());
        let targets = [Target { service: "s".into(), replica: 1, pid: tree.0.id() }];
        let open = |pid: &u32| fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            // Until both are `sleep` and have closed what a program opens to begin.
            let below: Vec<usize> = tree::descendants(tree.0.id()).iter().map(open).collect();
            let points = Sampler::default().sample(Time(0), &targets);
            let told = points.first().and_then(|it| it.values.iter().find(|it| it.0 == Metric::Files)).map(|it| it.1 as usize);
            if let [one, other] = below[..]
                && one.abs_diff(other) == 3
                && told == Some(one.max(other))
            {
                break;
            }
            assert!(Instant::now() < deadline, "{told:?} of {below:?}");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_busy_child_of_a_child_is_seen() {
        let script = "(i=0; while :; do i=$((i+1)); done) & wait";
        let tree = Tree(Command::new("sh").args(["-c", script]).spawn().unwrap());
        let targets = [Target { service: "s".into(), replica: 1, pid: tree.0.id() }];
        let mut sampler = Sampler::default();
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let points = sampler.sample(Time(0), &targets);
            let value = |metric: Metric| points.first().and_then(|it| it.values.iter().find(|it| it.0 == metric)).map(|it| it.1);
            let (cpu, memory) = (value(Metric::Cpu).unwrap_or(0.0), value(Metric::Memory).unwrap_or(0.0));
            if cpu > 0.0 && memory > 0.0 {
                assert!(cpu < 1.5, "one loop, {cpu} cores");
                assert_eq!(points.len(), 2, "the replica and the service");
                break;
            }
            assert!(Instant::now() < deadline, "never seen");
            // The kernel counts in ticks of 10 ms: over a shorter stretch than many of them, one tick is several cores.
            let next = Instant::now() + Duration::from_millis(300);
            while Instant::now() < next {
                std::thread::park_timeout(next - Instant::now());
            }
        }
    }
}
