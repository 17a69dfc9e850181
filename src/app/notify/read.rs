//! From a typed text to a watch. A mistake names its place, as one in a log query does.
//!
//! ```text
//! watch   := measure sign amount { "on" name | "for" time }
//! measure := a word of MEASURES, perhaps with "/s" "/min" "/h" | a log query
//! sign    := ">" | ">=" | "<" | "<="
//! amount  := a number with the unit that the measure has: 30, 800ms, 90%, 512MiB, 5/min
//! ```

use super::watch::{LASTS, Measure, Per, Scale, Sign, Watch};
use crate::model::log::LogKind;
use crate::model::metric::Metric;
use crate::model::query::{Clock, Mistake, Quantity, Query, Test, span};
use crate::model::time::Millis;

/// Longest text, in bytes: what a line of the config or a prompt holds in earnest.
const LONGEST: usize = 1024;
/// A condition may be asked to last so long; more is no alarm.
const LASTS_MOST: Millis = Millis::hours(24);

/// What can be watched by its name: with an example, and what it is.
#[rustfmt::skip]
pub const MEASURES: &[(&str, &str, &str)] = &[
    ("errors/min", "errors/min > 30",     "answers with 5xx in the last minute (or /s, /h)"),
    ("errors",     "errors > 5%",         "of the requests of the last seconds, those answered with 5xx"),
    ("requests/s", "requests/s > 100",    "requests, as a mean of ten seconds (or /min, /h)"),
    ("requests",   "requests > 6000/min", "the same, the time with the amount"),
    ("lines/min",  "lines/min < 1",       "lines that programs wrote in the last minute: under one is silence"),
    ("lines",      "lines > 1000/s",      "the same, the time with the amount"),
    ("p50",        "p50 > 100ms",         "half of the answers took longer"),
    ("p90",        "p90 > 500ms",         "one of ten took longer"),
    ("p95",        "p95 > 800ms",         "one of twenty took longer"),
    ("p99",        "p99 > 2s",            "one of a hundred took longer"),
    ("cpu",        "cpu > 90%",           "of the cores that its replicas may use; cpu > 1.5 counts cores"),
    ("mem",        "mem > 80%",           "of the memory that its replicas may use"),
    ("memory",     "memory > 512MiB",     "resident bytes of all replicas"),
    ("replicas",   "replicas < 2",        "replicas that serve"),
    ("threads",    "threads > 500",       "threads of all replicas"),
    ("files",      "files > 900",         "open files of the fullest process, all replicas added"),
    ("net_in",     "net_in > 50MiB",      "bytes a second received"),
    ("net_out",    "net_out > 50MiB",     "bytes a second sent"),
    ("disk_read",  "disk_read > 50MiB",   "bytes a second read from disk"),
    ("disk_write", "disk_write > 50MiB",  "bytes a second written to disk"),
];

/// What else a watch can say, for the help.
pub const MORE: &[(&str, &str)] = &[
    ("level:error checkout > 5/min", "lines that fit a log query, counted as they come"),
    ("p95 > 800ms on api", "of a service, of project/service, or of a project"),
    ("p95 > 800ms for 2m", "only when it lasts so long; 30s if nothing is said"),
];

/// Reads `typed`.
pub fn read(typed: &str) -> Result<Watch, Mistake> {
    if typed.len() > LONGEST {
        return Err(Mistake::new(LONGEST, format!("this watch is too long; {LONGEST} bytes are the most")));
    }
    let start = typed.len() - typed.trim_start().len();
    if typed.trim().is_empty() {
        return Err(Mistake::new(typed.len(), "expected what to watch, as in errors/min > 30 on api"));
    }
    let Some((at, after, sign)) = sign(typed, start) else {
        return Err(Mistake::new(typed.trim_end().len(), "expected > >= < or <= and an amount, as in p95 > 800ms"));
    };
    let left = typed[start..at].trim_end();
    if left.is_empty() {
        return Err(Mistake::new(at, "expected what to watch in front of it, as in errors/min > 30"));
    }
    let mut words = words(typed, after);
    let Some((place, amount)) = words.next() else {
        return Err(Mistake::new(typed.trim_end().len(), "expected an amount, as in > 30, > 800ms or > 5/min"));
    };
    let (measure, amount) = measured(left, start, place, amount)?;
    let (mut on, mut lasts) = (None, None);
    while let Some((place, word)) = words.next() {
        match word {
            "on" if on.is_none() => {
                let (_, name) =
                    words.next().ok_or_else(|| Mistake::new(typed.trim_end().len(), "expected a service or a project after on"))?;
                on = Some(name.to_owned());
            }
            "for" if lasts.is_none() => {
                let (place, text) = words.next().unwrap_or((typed.trim_end().len(), ""));
                let time = span(text).ok_or_else(|| Mistake::new(place, "expected a length of time after for, as in for 2m"))?;
                if time > LASTS_MOST {
                    return Err(Mistake::new(place, "24h are the most"));
                }
                lasts = Some(time);
            }
            "on" | "for" => return Err(Mistake::new(place, format!("{word} is there already"))),
            _ => return Err(Mistake::new(place, "expected on and a service, for and a time, or nothing more")),
        }
    }
    Ok(Watch { typed: typed.trim().to_owned(), measure, sign, amount, on, lasts: lasts.unwrap_or(LASTS) })
}

/// The words from byte `from` on, each with its place.
fn words(typed: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let base = typed.as_ptr() as usize;
    typed[from..].split_whitespace().map(move |word| (word.as_ptr() as usize - base, word))
}

/// The sign that parts measure and amount: its place, where it ends, what it is. It is the last one that stands by itself, outside of
/// quotes; right behind a word it counts only when that word is a measure (`cpu>90%`), since `@took:>250ms` is part of a query.
fn sign(typed: &str, start: usize) -> Option<(usize, usize, Sign)> {
    let mut found = None;
    let mut quoted = false;
    let mut skip = false;
    for (at, c) in typed.char_indices() {
        match c {
            _ if skip => skip = false,
            '\\' => skip = true,
            '"' => quoted = !quoted,
            '>' | '<' if !quoted => {
                let equal = typed[at + 1..].starts_with('=');
                let end = at + 1 + usize::from(equal);
                let before = &typed[start.min(at)..at];
                let alone = before.is_empty() || before.ends_with(char::is_whitespace);
                if alone || is_measure(before) {
                    let sign = match (c, equal) {
                        ('>', false) => Sign::Over,
                        ('>', true) => Sign::From,
                        (_, false) => Sign::Under,
                        (_, true) => Sign::UpTo,
                    };
                    found = Some((at, end, sign));
                }
            }
            _ => {}
        }
    }
    found
}

fn is_measure(word: &str) -> bool {
    let word = word.split_once('/').map_or(word, |(name, per)| if Per::read(per).is_some() { name } else { word });
    MEASURES.iter().any(|it| it.0 == word)
}

/// Measure and amount together: the unit of one says what the other means.
fn measured(left: &str, start: usize, place: usize, amount: &str) -> Result<(Measure, f64), Mistake> {
    let (name, per) = match left.rsplit_once('/') {
        Some((name, per)) if !left.contains(char::is_whitespace) => (name, Per::read(per)),
        _ => (left, None),
    };
    let known = |it: &str| MEASURES.iter().any(|(word, ..)| *word == it);
    if per.is_some() && !known(name) {
        let text = format!("there is no measure {name}; there are {}", names());
        return Err(Mistake::new(start, text));
    }
    if !known(name) || (name != left && per.is_none()) {
        return query(left, start, place, amount);
    }
    let rate = match name {
        "errors" => Some(Metric::Requests5xx),
        "requests" => Some(Metric::Requests),
        "lines" => None,
        _ if per.is_some() => return Err(Mistake::new(start + name.len(), format!("{name} is not counted per time"))),
        _ => return plain(name, place, amount),
    };
    if name == "errors" && per.is_none() && amount.ends_with('%') {
        return Ok((Measure::Errors, share(place, amount)?));
    }
    let (value, per) = counted(per, place, amount, name)?;
    let measure = match rate {
        Some(metric) => Measure::Rate(metric, per),
        // What a program wrote itself: a service that is asked for things and is silent writes no line all the same.
        None => Measure::Lines(Query::Test(Test::Kind(LogKind::Runtime)), per),
    };
    Ok((measure, value))
}

/// A measure that is a value.
fn plain(name: &str, place: usize, amount: &str) -> Result<(Measure, f64), Mistake> {
    let percent = amount.ends_with('%');
    let of = |metric, scale| (Measure::Value(metric, scale), scale);
    let (measure, scale) = match name {
        "cpu" if percent => return Ok((Measure::CpuShare, share(place, amount)?)),
        "mem" | "memory" if percent => return Ok((Measure::MemoryShare, share(place, amount)?)),
        "cpu" => of(Metric::Cpu, Scale::Cores),
        "mem" | "memory" => of(Metric::Memory, Scale::Bytes),
        "p50" => of(Metric::P50, Scale::Millis),
        "p90" => of(Metric::P90, Scale::Millis),
        "p95" => of(Metric::P95, Scale::Millis),
        "p99" => of(Metric::P99, Scale::Millis),
        "replicas" => of(Metric::Replicas, Scale::Count),
        "threads" => of(Metric::Threads, Scale::Count),
        "files" => of(Metric::Files, Scale::Count),
        "net_in" => of(Metric::NetIn, Scale::BytesPerSecond),
        "net_out" => of(Metric::NetOut, Scale::BytesPerSecond),
        "disk_read" => of(Metric::DiskRead, Scale::BytesPerSecond),
        _ => of(Metric::DiskWrite, Scale::BytesPerSecond),
    };
    let bare = if scale == Scale::BytesPerSecond { amount.strip_suffix("/s").unwrap_or(amount) } else { amount };
    let quantity = Quantity::parse(bare).filter(|it| it.number >= 0.0);
    let value = quantity.and_then(|it| match (scale, it.unit) {
        (Scale::Millis, Some(unit)) => unit.in_millis().map(|worth| it.number * worth),
        (Scale::Bytes | Scale::BytesPerSecond, Some(unit)) => unit.in_bytes().map(|worth| it.number * worth),
        (Scale::Count | Scale::Cores, None) => Some(it.number),
        _ => None,
    });
    let value = value.ok_or_else(|| {
        let example = MEASURES.iter().find(|it| it.0 == name).map_or("", |it| it.1);
        Mistake::new(place, format!("expected an amount as in {example}"))
    })?;
    Ok((measure, value))
}

/// Lines that fit a query.
fn query(left: &str, start: usize, place: usize, amount: &str) -> Result<(Measure, f64), Mistake> {
    let query = Query::parse(left, Clock::default()).map_err(|it| it.moved(start))?;
    if query.tests().iter().any(|it| matches!(it, Test::After(_) | Test::Before(_))) {
        return Err(Mistake::new(start, "a watch looks at what comes: it takes no after: and before:"));
    }
    let (value, per) = counted(None, place, amount, "lines")?;
    Ok((Measure::Lines(query.cheap_first(), per), value))
}

/// `30`, where the measure says over which time, or `30/min`.
fn counted(per: Option<Per>, place: usize, amount: &str, name: &str) -> Result<(f64, Per), Mistake> {
    let (number, of_amount) = match amount.split_once('/') {
        Some((number, word)) => {
            let of_amount = Per::read(word).ok_or_else(|| Mistake::new(place + number.len() + 1, "expected s, min or h"))?;
            (number, Some(of_amount))
        }
        None => (amount, None),
    };
    let quantity = Quantity::parse(number).filter(|it| it.unit.is_none() && it.number >= 0.0);
    let Some(quantity) = quantity else {
        let share = if name == "errors" { " (or a share: 5%)" } else { "" };
        return Err(Mistake::new(place, format!("expected a number, as in 30/min{share}")));
    };
    match (per, of_amount) {
        (Some(a), Some(b)) if a != b => Err(Mistake::new(place + number.len(), format!("it is counted {} already", a.word()))),
        (Some(per), _) | (None, Some(per)) => Ok((quantity.number, per)),
        (None, None) => {
            let share = if name == "errors" { format!(", or {number}%") } else { String::new() };
            Err(Mistake::new(place + number.len(), format!("per which time? {number}/s, {number}/min or {number}/h{share}")))
        }
    }
}

fn share(place: usize, amount: &str) -> Result<f64, Mistake> {
    let number = amount.strip_suffix('%').and_then(Quantity::parse).filter(|it| it.unit.is_none() && it.number >= 0.0);
    number.map(|it| it.number).ok_or_else(|| Mistake::new(place, "expected a share, as in 90%"))
}

fn names() -> String {
    let mut names: Vec<&str> = MEASURES.iter().map(|it| it.0).filter(|it| !it.contains('/')).collect();
    names.dedup();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn say(typed: &str) -> String {
        match read(typed) {
            Ok(it) => {
                let on = it.on.as_deref().unwrap_or("*");
                format!("{:?} {} on {on} for {}", it.sign, it.measure.said(it.amount), it.lasts.short())
            }
            Err(it) => it.drawn(typed),
        }
    }

    #[test]
    fn every_example_of_a_measure_reads() {
        for (_, example, _) in MEASURES {
            assert!(read(example).is_ok(), "{}", say(example));
        }
    }

    #[test]
    fn what_people_write_is_what_is_meant() {
        assert_eq!(say("errors/min > 30 on api"), "Over 30/min on api for 30s");
        assert_eq!(say("p95 > 800ms on api for 2m"), "Over 800ms on api for 2m");
        assert_eq!(say("p95>=1.5s"), "From 1500ms on * for 30s");
        assert_eq!(say("cpu>90% on worker"), "Over 90% on worker for 30s");
        assert_eq!(say("lines/min < 1 on worker for 5m"), "Under 1/min on worker for 5m");
        assert_eq!(say("errors > 5% for 1m on shop/api"), "Over 5% on shop/api for 1m");
        assert_eq!(say("mem > 512MiB"), "Over 512 MiB on * for 30s");
        assert_eq!(say("level:error checkout > 5/min"), "Over 5/min on * for 30s");
    }

    #[test]
    fn a_sign_inside_of_a_query_is_the_querys() {
        let it = read(r#"level:>=warn @took:>250ms "a > b" <= 10/h on api"#).unwrap();
        assert_eq!((it.sign, it.amount), (Sign::UpTo, 10.0));
        let Measure::Lines(query, Per::Hour) = it.measure else { panic!("{:?}", it.measure) };
        assert_eq!(query.tests().len(), 3);
    }

    #[test]
    fn a_mistake_is_pointed_at() {
        let at = |typed: &str| read(typed).unwrap_err().at;
        assert_eq!(at("errors/min on api"), 17);
        assert_eq!(at("> 30"), 0);
        assert_eq!(at("p95 >"), 5);
        assert_eq!(at("p95 > 800"), 6);
        assert_eq!(at("p95 > 800ms at api"), 12);
        assert_eq!(at("p95 > 800ms on"), 14);
        assert_eq!(at("p95 > 800ms for ever"), 16);
        assert_eq!(at("p95 > 800ms for 2m for 3m"), 19);
        assert_eq!(at("eror/min > 3"), 0);
        assert_eq!(at("errors > 5"), 10);
        assert_eq!(at("errors/min > 5/s"), 14);
        assert_eq!(at("checkout > 5"), 12);
        assert_eq!(at("checkout > 5/day"), 13);
        assert_eq!(at("(checkout > 5/min"), 0);
        assert_eq!(at("after:14:05 checkout > 5/min"), 0);
        assert_eq!(at("cpu/min > 5"), 3);
        assert_eq!(at(""), 0);
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_is_too_much(typed in "\\PC{0,60}") {
            if let Err(it) = read(&typed) {
                prop_assert!(it.at <= typed.len() && typed.is_char_boundary(it.at), "{:?}", it);
            }
        }

        #[test]
        fn nothing_like_a_watch_is_too_much(words in proptest::collection::vec(
            prop_oneof![Just("errors/min"), Just("p95"), Just(">"), Just("<="), Just("30"), Just("5%"), Just("é/s"), Just("on"), Just("for"), Just("2m"), Just("\""), Just("\\")], 0..9)) {
            let typed = words.join(" ");
            if let Err(it) = read(&typed) {
                prop_assert!(it.at <= typed.len() && typed.is_char_boundary(it.at), "{:?}", it);
            }
        }
    }
}
