//! The query language as people meet it: what is read, what is refused and where, what fits.

use proptest::prelude::*;
use trackside::model::log::{Level, LogKind};
use trackside::model::query::{Clock, GRAMMAR, Mistake, Query, Record, Whose};
use trackside::model::time::Time;

/// 2026-11-22T14:05:00Z, on a wall one hour ahead.
const CLOCK: Clock = Clock { now: Time(1_795_356_300_000), offset_minutes: 60 };

fn parse(typed: &str) -> Query {
    Query::parse(typed, CLOCK).unwrap_or_else(|it| panic!("{typed}\n{}", it.drawn(typed)))
}

fn refused(typed: &str) -> Mistake {
    Query::parse(typed, CLOCK).expect_err(typed)
}

fn record(text: &str) -> Record<'_> {
    let whose = Whose { kind: &LogKind::Runtime, service: "s_1", name: "api", deployment: "d12", commit: "a1b9f3c8e0", replica: 2 };
    Record { whose, level: Level::Warn, at: CLOCK.now, text }
}

fn fits(typed: &str, text: &str) -> bool {
    parse(typed).fits(&record(text))
}

#[test]
fn words_phrases_and_patterns_are_found_with_smart_case() {
    let line = "GET /api/v1/Cart 200 in 12ms call(x) a:b";
    for typed in [
        "",
        "get",
        "GET cart",
        "\"v1/cart 200\"",
        "/\\d+ms/",
        "/api/v1",
        "-post",
        "NOT post",
        "--x OR get",
        "(get)",
        "call(x)",
        "(call(x))",
        "a:b",
        "\"a:b\"",
        "a\\:b",
        "post OR get",
        "get AND cart",
        "(post OR get) cart",
        "/^get.*b$/",
        "-(post put)",
        "\"GET\" -\"Get\"",
    ] {
        assert!(fits(typed, line), "{typed}");
    }
    for typed in ["Get", "CART", "post", "get post", "-get", "-(get OR post)", "\"cart  200\"", "/^cart/", "get -(cart)"] {
        assert!(!fits(typed, line), "{typed}");
    }
    assert!(fits("and or not", "and so or not") && !fits("and or not", "and so not"));
}

#[test]
fn and_binds_closer_than_or_and_negation_closest() {
    assert!(fits("a OR b c", "xax") && fits("a OR b c", "b c") && !fits("a OR b c", "b") && !fits("-a OR b", "a") && fits("-a b", "b"));
    assert_eq!(parse("a b AND c").to_string(), "a b c");
    assert_eq!(parse("(a b) OR (c OR NOT d)").to_string(), "(a b) OR c OR -d");
}

#[test]
fn where_a_line_comes_from_can_be_asked() {
    for typed in [
        "level:warn",
        "level:>=warn",
        "level:>info",
        "level:<error",
        "level:info..error",
        "level:warning",
        "service:api",
        "service:s_1",
        "service:*",
        "service:a*i",
        "service:\"api\"",
        "replica:2",
        "replica:1..3",
        "replica:>1",
        "deploy:d12",
        "deploy:a1b9",
        "deployment:A1B9F3C",
        "kind:runtime",
        "-kind:build",
    ] {
        assert!(fits(typed, ""), "{typed}");
    }
    for typed in [
        "level:error",
        "level:>warn",
        "service:ap",
        "service:API*",
        "service:web",
        "replica:1",
        "deploy:d1",
        "deploy:a1b",
        "deploy:b1b9",
        "kind:build",
    ] {
        assert!(!fits(typed, ""), "{typed}");
    }
    let whose = Whose { service: "", name: "", replica: 0, ..record("").whose };
    assert!(parse("service:platform -replica:<9").fits(&Record { whose, ..record("") }));
}

#[test]
fn fields_of_json_and_logfmt_can_be_asked() {
    let json = r#"{"status":503,"took_ms":312,"user":{"Name":"Alice B","tags":["x","beta"]},"size":"10MiB","v":"1.10","http.code":7,"list":[{"id":5},{"id":9}],"ok":true,"none":null}"#;
    for typed in [
        "@status:503",
        "@status:500..599",
        "@status:>=503",
        "@status:5*",
        "@STATUS:503 OR @Status:503 OR @status:503",
        "@took_ms:>250ms",
        "@took_ms:<1s",
        "@took_ms:312",
        "@took_ms:0.312s",
        "@user.name:alice*",
        "@user.Name:\"Alice B\"",
        "@user.name:*e*b",
        "@user.tags:beta",
        "@size:>=10mib",
        "@size:<11MB",
        "@v:1.10",
        "@http.code:7",
        "@list.id:9",
        "@list.id:>5",
        "@ok:true",
        "@none:*",
        "-@missing:*",
        "@user.tags:/^be/",
        "@size:>9",
        "@status:..503",
        "@status:503..",
    ] {
        assert!(fits(typed, json), "{typed}");
    }
    for typed in [
        "@status:500",
        "@status:\"503.0\"",
        "@took_ms:>400ms",
        "@took_ms:>1MB",
        "@v:1.1",
        "@user.name:Alice",
        "@missing:*",
        "@list.id:6..8",
        "@user:alice",
        "@size:>11MB",
        "@status:ok",
        "@Took_ms:312",
    ] {
        assert!(!fits(typed, json), "{typed}");
    }
    let logfmt = r#"level=info msg="cart \"full\"" dur=1m30s n=5 path=/api/x"#;
    for typed in [
        "@dur:>=90s",
        "@dur:<2m",
        "@dur:1.5m",
        "@msg:\"cart \\\"full\\\"\"",
        "@msg:*full*",
        "@n:5",
        "@n:5.0",
        "@path:/api/*",
        "@path:/^.api/",
        "@n:<6s",
    ] {
        assert!(fits(typed, logfmt), "{typed}");
    }
    assert!(!fits("@a:*", "{\"a\":1,broken}") && !fits("@a:1", "a=1 and prose") && !fits("@a:1", "plain"));
}

#[test]
fn times_are_fixed_by_the_clock_that_was_given() {
    for (typed, want) in [
        ("after:14:05", "after:2026-11-22T13:05:00.000Z"),
        ("after:15:04:59.5", "after:2026-11-22T14:04:59.500Z"),
        ("after:15:06", "after:2026-11-21T14:06:00.000Z"),
        ("before:-15m", "before:2026-11-22T13:50:00.000Z"),
        ("since:-1h30m", "after:2026-11-22T12:35:00.000Z"),
        ("after:2026-11-01", "after:2026-10-31T23:00:00.000Z"),
        ("until:2026-11-01T10:00", "before:2026-11-01T09:00:00.000Z"),
        ("after:2026-11-01T10:00:00+05:30", "after:2026-11-01T04:30:00.000Z"),
    ] {
        assert_eq!(parse(typed).to_string(), want, "{typed}");
    }
    assert!(fits("after:15:05", "") && !fits("before:15:05", "") && fits("before:2027-01-01 after:-1s", ""));
}

#[test]
fn a_mistake_is_pointed_at_with_what_was_expected() {
    for (typed, at, words) in [
        ("level:>=wrn x", 8, "trace, debug"),
        ("level:", 6, "trace"),
        ("a level: warn", 8, "trace"),
        ("(a b", 0, "not closed"),
        ("a b)", 3, "no ("),
        ("a \"b c", 2, "quote"),
        ("a OR", 4, "something to look for"),
        ("OR a", 0, "something to look for"),
        ("()", 1, "something to look for"),
        ("a NOT", 5, "something to look for"),
        ("x /a(b/", 4, "group"),
        ("@status", 7, ": and a value"),
        ("@status>=500", 12, ": and a value"),
        ("@status:", 8, "a value"),
        ("@status:>=many", 10, "a number"),
        ("@status:599..500", 8, "lesser end"),
        ("@:x", 1, "name of a field"),
        ("replica:two", 8, "number of a replica"),
        ("kind:builds", 5, "build, runtime"),
        ("after:25:00", 6, "a time"),
        ("sevice:api", 0, "did you mean service:"),
        ("levels:api", 0, "did you mean level:"),
        ("leevl:api", 0, "did you mean level:"),
        ("a\\", 1, "backslash"),
        ("\"\"", 0, "nothing to look for"),
        ("a \"b\nc\"", 2, "line end"),
    ] {
        let it = refused(typed);
        assert_eq!(it.at, at, "{typed:?}: {it}");
        assert!(it.text.contains(words), "{typed:?}: {it}");
    }
    assert_eq!(refused("日 level:x").drawn("日 level:x").lines().nth(1).unwrap().find('^'), Some(11));
    for deep in
        ["(".repeat(5000), "-(".repeat(5000), "NOT ".repeat(3000), "a ".repeat(2000), "x".repeat(20_000), "a OR ".repeat(1000) + "b"]
    {
        refused(&deep);
    }
}

#[test]
fn the_readme_and_the_help_show_the_language_and_what_they_show_can_be_read() {
    let readme = include_str!("../../README.md");
    for (typed, help) in GRAMMAR {
        let examples: Vec<&str> = typed.split("    ").collect();
        let cells: Vec<String> = examples.iter().map(|it| format!("`{it}`")).collect();
        let row = format!("| {} | {help} |", cells.join(" · "));
        assert!(readme.contains(&row), "not in the README: {row}");
        for it in examples {
            assert_ne!(parse(it), Query::All);
        }
    }
}

/// A query as the reference sees it: what is written, and what it means.
#[derive(Clone, Debug)]
enum Spec {
    Text(&'static str),
    Regex(&'static str),
    Level(&'static str, fn(Level) -> bool),
    Whose(&'static str, fn(&Line) -> bool),
    Field(&'static str, fn(&serde_json::Value) -> bool),
    Not(Box<Spec>),
    And(Vec<Spec>),
    Or(Vec<Spec>),
}

#[derive(Clone, Debug)]
struct Line {
    level: Level,
    at: i64,
    api: bool,
    replica: u16,
    text: String,
}

impl Spec {
    fn typed(&self) -> String {
        match self {
            Self::Text(it) | Self::Regex(it) | Self::Level(it, _) | Self::Whose(it, _) | Self::Field(it, _) => (*it).to_owned(),
            Self::Not(it) => format!("-({})", it.typed()),
            Self::And(all) => format!("({})", all.iter().map(Self::typed).collect::<Vec<_>>().join(" ")),
            Self::Or(all) => format!("({})", all.iter().map(Self::typed).collect::<Vec<_>>().join(" OR ")),
        }
    }

    fn fits(&self, line: &Line) -> bool {
        match self {
            Self::Text(it) => line.text.to_lowercase().contains(it),
            Self::Regex(it) => regex::Regex::new(&format!("(?i){}", it.trim_matches('/'))).unwrap().is_match(&line.text),
            Self::Level(_, fits) => fits(line.level),
            Self::Whose(_, fits) => fits(line),
            Self::Field(_, fits) => serde_json::from_str(&line.text).is_ok_and(|it: serde_json::Value| it.is_object() && fits(&it)),
            Self::Not(it) => !it.fits(line),
            Self::And(all) => all.iter().all(|it| it.fits(line)),
            Self::Or(all) => all.iter().any(|it| it.fits(line)),
        }
    }
}

fn spec() -> impl Strategy<Value = Spec> {
    let leaf = prop_oneof![
        prop_oneof![Just("a"), Just("ab"), Just("n"), Just("1")].prop_map(Spec::Text),
        prop_oneof![Just("/a.b/"), Just("/^a/"), Just("/[0-9]+/"), Just("/b$/")].prop_map(Spec::Regex),
        Just(Spec::Level("level:>=warn", |it| it >= Level::Warn)),
        Just(Spec::Level("level:info", |it| it == Level::Info)),
        Just(Spec::Level("level:debug..warn", |it| (Level::Debug..=Level::Warn).contains(&it))),
        Just(Spec::Whose("service:api", |it| it.api)),
        Just(Spec::Whose("replica:2..", |it| it.replica >= 2)),
        Just(Spec::Whose("after:2026-11-22T14:05:00Z", |it| it.at >= CLOCK.now.0)),
        Just(Spec::Whose("before:2026-11-22T14:05:00Z", |it| it.at < CLOCK.now.0)),
        Just(Spec::Field("@n:>=10", |it| it["n"].as_f64().is_some_and(|n| n >= 10.0))),
        Just(Spec::Field("@n:5..20", |it| it["n"].as_f64().is_some_and(|n| (5.0..=20.0).contains(&n)))),
        Just(Spec::Field("@o.s:a*", |it| it["o"]["s"].as_str().is_some_and(|s| s.to_lowercase().starts_with('a')))),
        Just(Spec::Field("@o.s:*", |it| it["o"].get("s").is_some())),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|it| Spec::Not(Box::new(it))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Spec::And),
            prop::collection::vec(inner, 1..4).prop_map(Spec::Or),
        ]
    })
}

fn line() -> impl Strategy<Value = Line> {
    let text = prop_oneof![
        "[abAB1 ]{0,12}",
        (0_u32..30, "[abAB]{0,4}").prop_map(|(n, s)| format!(r#"{{"n":{n},"o":{{"s":"{s}"}}}}"#)),
        (0_u32..30).prop_map(|n| format!(r#"{{"n":{n}.5,"s":"a"}}"#)),
        Just(r#"{"n":12,"o":{"s""#.to_owned() + "}"),
    ];
    (0_usize..6, -2_i64..3, any::<bool>(), 0_u16..4, text).prop_map(|(level, at, api, replica, text)| Line {
        level: Level::ALL[level],
        at: CLOCK.now.0 + at,
        api,
        replica,
        text,
    })
}

/// Text made of what the language is made of, so that much of it can be read.
fn typed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop_oneof![
            Just("("),
            Just(")"),
            Just("-"),
            Just("\""),
            Just("/"),
            Just("\\"),
            Just(":"),
            Just("@"),
            Just("*"),
            Just(".."),
            Just(">="),
            Just("<"),
            Just(" "),
            Just(" "),
            Just(" AND "),
            Just(" OR "),
            Just("NOT "),
            Just("level:"),
            Just("service:"),
            Just("replica:"),
            Just("deploy:"),
            Just("kind:"),
            Just("after:"),
            Just("before:"),
            Just("@a.b:"),
            Just("warn"),
            Just("build"),
            Just("14:05"),
            Just("-15m"),
            Just("250ms"),
            Just("10MiB"),
            Just("1.5"),
            Just("2026-11-22"),
            Just("error"),
            Just("api"),
            Just("a*b"),
            Just("\\*")
        ]
        .prop_map(str::to_owned),
        "[a-zA-Zäß日0-9_.,=+ ]{1,5}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|it| it.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_odd_to_be_read_or_refused_and_what_is_read_prints_as_itself(typed in prop_oneof![4 => typed(), 1 => ".{0,40}"]) {
        match Query::parse(&typed, CLOCK) {
            Err(it) => prop_assert!(it.at <= typed.len() && !it.text.is_empty() && it.drawn(&typed).contains('^'), "{:?}", it),
            Ok(query) => {
                let printed = query.to_string();
                // Without a clock: what is printed names none.
                let again = Query::parse(&printed, Clock::default());
                prop_assert!(again.is_ok(), "{:?} -> {:?}: {:?}", typed, printed, again);
                let again = again.unwrap();
                prop_assert_eq!(&again, &query, "{:?} -> {:?}", typed, printed);
                prop_assert_eq!(again.to_string(), printed);
            }
        }
    }

    #[test]
    fn what_fits_is_what_a_plain_reading_of_the_query_says(spec in spec(), lines in prop::collection::vec(line(), 1..12)) {
        let typed = spec.typed();
        let query = parse(&typed);
        let quick = query.clone().cheap_first();
        for line in &lines {
            let name = if line.api { "api" } else { "web" };
            let whose = Whose { kind: &LogKind::Runtime, service: "", name, deployment: "", commit: "", replica: line.replica };
            let whose = Whose { service: name, ..whose };
            let it = Record { whose, level: line.level, at: Time(line.at), text: &line.text };
            prop_assert_eq!(query.fits(&it), spec.fits(line), "{} on {:?}", &typed, line);
            prop_assert_eq!(quick.fits(&it), spec.fits(line), "{} on {:?}", &typed, line);
            if let Some(said) = query.of(&whose) {
                prop_assert_eq!(said, spec.fits(line));
            }
            let among = query.known(&mut |test| test.among(&[line.level], it.at, it.at));
            prop_assert!(among.is_none_or(|said| said == spec.fits(line)));
        }
    }
}
