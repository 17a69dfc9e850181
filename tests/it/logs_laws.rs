//! Laws of the log store and its view: whatever comes in whatever order, what is shown is what brute force over what is kept would show.

use proptest::prelude::*;
use trackside::app::logs::{Body, Clockface, LogScope, Logs, Scratch, Seq, clean};
use trackside::model::ids::ServiceId;
use trackside::model::log::{Level, LogLine};
use trackside::model::query::{Clock, Query, Record, Whose};
use trackside::model::text::plain_line;
use trackside::model::time::Time;

use super::logs::{BUDGET, finish, gap, held, line, lines, page, shown};

/// Text with everything in it that a program can print.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,6}",
        Just("\u{1b}[31m".to_owned()),
        Just("\u{1b}[0m".to_owned()),
        Just("\u{1b}[2J".to_owned()),
        Just("\u{1b}]52;c;eA==\u{7}".to_owned()),
        Just("\u{9b}31m\u{202e}\u{200b}".to_owned()),
        Just("\r\n\t\u{8}\0\u{7f}".to_owned()),
        Just("e\u{301}\u{301}👩\u{200d}🚀日本".to_owned()),
        Just(r#"{"msg":"\u001b[2J\u0007","a":1}"#.to_owned()),
        Just(r#"msg="a\u001b[2J" b=2"#.to_owned()),
        any::<char>().prop_map(String::from),
    ];
    prop_oneof![
        prop::collection::vec(piece, 0..6).prop_map(|it| it.concat()),
        any::<char>().prop_map(|c| format!(r#"{{"msg":"x\u{:04x}y"}}"#, u32::from(c).min(0xffff))),
    ]
}

fn is_safe(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn nothing_shown_or_copied_can_drive_a_terminal(texts in prop::collection::vec(hostile(), 1..12), width in 1_u16..60, wrap: bool, parsed: bool, left in 0_isize..20) {
        // What a platform asks a query of is what a reader sees.
        for text in &texts {
            prop_assert_eq!(&*clean(text).text, &*plain_line(text));
        }
        let mut logs = Logs::new(BUDGET);
        logs.resize(width, 40);
        logs.absorb(texts.iter().enumerate().map(|(n, text)| line(n as u64 + 1, text)).collect(), Time(0));
        if wrap { logs.toggle_wrap(); }
        if !parsed { logs.toggle_parsed(); }
        logs.sideways(left);
        logs.set_search("x").unwrap();
        for it in logs.visible(Clockface::default()) {
            if let Body::Text(text) = it.body {
                prop_assert!(is_safe(&text.text) && is_safe(&text.name), "{:?}", text.text);
                let mut at = 0;
                for run in &text.runs {
                    prop_assert_eq!(run.range.start, at);
                    prop_assert!(text.text.is_char_boundary(run.range.end));
                    at = run.range.end;
                }
                prop_assert_eq!(at, text.text.len());
            }
        }
        let mut next = logs.first_shown();
        while let Some(seq) = next {
            prop_assert!(logs.text_of(seq).is_none_or(|it| is_safe(&it)));
            prop_assert!(logs.detail(seq).iter().flat_map(|it| &it.entries).all(|it| is_safe(&it.name) && is_safe(&it.value)));
            prop_assert!(logs.json_of(seq).is_none_or(|it| is_safe(&it)));
            next = logs.shown_from(seq.plus(1));
        }
    }

    #[test]
    fn live_lines_and_history_in_any_order_leave_neither_a_hole_nor_a_double(
        cuts in prop::collection::vec((1_u64..200, 1_u64..40), 1..12),
        live in prop::collection::vec((1_u64..200, 1_u64..40), 1..8),
    ) {
        let mut logs = Logs::new(4 << 20);
        let mut want = std::collections::BTreeSet::new();
        let mut turns: Vec<(bool, u64, u64)> = live.into_iter().map(|(from, n)| (true, from, n)).collect();
        for (n, (from, len)) in cuts.into_iter().enumerate() {
            turns.insert((n * 7 + from as usize) % (turns.len() + 1), (false, from, len));
        }
        for (is_live, from, len) in turns {
            want.extend(from..from + len);
            if is_live {
                logs.absorb(lines(from..from + len), Time(0));
            } else {
                logs.page(page(lines(from..from + len), false));
            }
        }
        prop_assert_eq!(held(&logs), want.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_search_counts_what_a_look_at_every_line_counts(
        texts in prop::collection::vec("[abAB\\. ]{0,10}", 1..200),
        pattern in prop_oneof![Just("ab"), Just("Ab"), Just("a.b"), Just("/a.b/"), Just("/^a/"), Just("/b$/"), Just("/[^a]*b/"), Just("/a\\s*b/"), Just("/^$/"), Just("/\\Aab|b\\z/"), Just("/(?s)a.*b/"), Just("/a|^/")],
        out in prop_oneof![Just("!bb"), Just("a"), Just("!/^a/")],
    ) {
        let mut logs = Logs::new(BUDGET);
        logs.absorb(texts.iter().enumerate().map(|(n, text)| line(n as u64 + 1, text)).collect(), Time(0));
        logs.add_filter(out, Clock::default()).unwrap();
        logs.set_search(pattern).unwrap();
        finish(&mut logs);
        let plain = |pattern: &str, text: &str| match pattern.strip_prefix('/').and_then(|it| it.strip_suffix('/')) {
            Some(regex) => regex::RegexBuilder::new(regex).case_insensitive(!regex.contains(['A', 'B']) || regex.starts_with("\\A")).build().unwrap().is_match(text),
            None if pattern.contains('A') => text.contains(pattern),
            None => text.to_lowercase().contains(pattern),
        };
        let kept = |text: &&String| match out.strip_prefix('!') {
            Some(not) => !plain(not, text),
            None => plain(out, text),
        };
        let want = texts.iter().filter(kept).filter(|text| plain(pattern, text)).count();
        prop_assert_eq!(logs.found().unwrap().total, want);
    }

    #[test]
    fn volumes_are_what_counting_every_line_gives(
        ats in prop::collection::vec((0_i64..5000, 0_usize..6, any::<bool>()), 1..400),
        from in -100_i64..3000, span in 1_i64..4000, cells in 1_usize..50,
    ) {
        let mut logs = Logs::new(BUDGET);
        let of = |(n, (at, level, api)): (usize, &(i64, usize, bool))| LogLine {
            at: Time(*at), level: Level::ALL[*level], service: Some(ServiceId::new(if *api { "api" } else { "web" })), ..line(n as u64 + 1, &"x".repeat(200))
        };
        logs.absorb(ats.iter().enumerate().map(of).collect(), Time(0));
        logs.set_scope(LogScope::service(ServiceId::new("api")));
        let mut want = vec![[0_u32; 6]; cells];
        for (at, level, _) in ats.iter().filter(|it| it.2 && it.0 >= from && it.0 < from + span) {
            want[((at - from) * cells as i64 / span) as usize][*level] += 1;
        }
        prop_assert_eq!(logs.histogram(Time(from), Time(from + span), cells), want);
    }
}

/// Something that happens to a log view.
#[derive(Clone, Debug)]
pub enum Turn {
    Live(u64, Vec<String>),
    Late(u64),
    Page(u64),
    Gap,
    Work(usize),
    Level(Option<Level>),
    Scope(bool),
    Add(&'static str),
    Drop,
    Toggle,
    Resize(u16, u16),
    Wrap,
    Parsed,
    Search(&'static str),
    Freeze,
    // Those that move the reader:
    Follow,
    Scroll(isize),
    Step(isize),
    Top,
    Hit(bool),
    Error(bool),
}

impl Turn {
    const fn moves(&self) -> bool {
        matches!(self, Self::Follow | Self::Scroll(_) | Self::Step(_) | Self::Top | Self::Hit(_) | Self::Error(_))
    }

    /// Whether the first row may show another part of its line: it is cut elsewhere.
    const fn reshapes(&self) -> bool {
        matches!(self, Self::Resize(..) | Self::Wrap | Self::Parsed)
    }
}

pub fn turn() -> impl Strategy<Value = Turn> {
    let texts = prop::collection::vec(
        prop_oneof!["[ab ]{0,30}", "[a-c日]{0,90}", Just("x".repeat(9000)), Just(r#"{"msg":"a b","n":1}"#.to_owned())],
        1..40,
    );
    let levels = prop_oneof![Just(None), Just(Some(Level::Warn)), Just(Some(Level::Error))];
    prop_oneof![
        6 => (1_u64..4, texts).prop_map(|(skip, texts)| Turn::Live(skip, texts)),
        1 => (0_u64..200).prop_map(Turn::Late),
        2 => (1_u64..60).prop_map(Turn::Page),
        1 => Just(Turn::Gap),
        2 => (1_usize..50_000).prop_map(Turn::Work),
        1 => levels.prop_map(Turn::Level),
        1 => any::<bool>().prop_map(Turn::Scope),
        1 => prop_oneof![
            Just("a"), Just("!b"), Just("/^a.*b$/"), Just("a b"), Just("a OR level:error"), Just("-(a b)"), Just("!level:warn service:api"),
            Just("@n:1"), Just("@n:>5 OR -@msg:a*"), Just("service:API OR service:web"), Just("service:a* -/b$/"), Just("after:1970-01-01T00:00:11Z"),
            Just("before:1970-01-01T00:00:10.5Z b"), Just("replica:1 (a OR b) -replica:2"), Just("!kind:build OR deploy:d1"), Just("!@missing:*")
        ].prop_map(Turn::Add),
        1 => Just(Turn::Drop),
        1 => Just(Turn::Toggle),
        1 => (0_u16..120, 0_u16..30).prop_map(|(w, h)| Turn::Resize(w, h)),
        1 => Just(Turn::Wrap),
        1 => Just(Turn::Parsed),
        1 => prop_oneof![Just("a"), Just("/b+/"), Just("nowhere")].prop_map(Turn::Search),
        1 => Just(Turn::Freeze),
        1 => Just(Turn::Follow),
        4 => (-40_isize..40).prop_map(Turn::Scroll),
        2 => (-20_isize..20).prop_map(Turn::Step),
        1 => Just(Turn::Top),
        1 => any::<bool>().prop_map(Turn::Hit),
        1 => any::<bool>().prop_map(Turn::Error),
    ]
}

/// A line with a level and a service that its offset decides.
fn mixed(off: u64, text: &str) -> LogLine {
    let level = Level::ALL[(off * 7 % 6) as usize];
    LogLine { level, service: Some(ServiceId::new(if off.is_multiple_of(3) { "web" } else { "api" })), ..line(off, text) }
}

/// Whether a platform would answer the line.
fn asked(typed: &str, it: &LogLine) -> bool {
    let service = it.service.as_ref().map_or("", |it| it.as_str());
    let whose = Whose { kind: &it.kind, service, name: service, deployment: "", commit: "", replica: it.replica };
    Query::parse(typed, Clock::default()).unwrap().fits(&Record { whose, level: it.level, at: it.at, text: &it.text })
}

pub struct Story {
    pub logs: Logs,
    pub next: u64,
    pub oldest: u64,
    /// The first line that came by itself: from there on nothing that fits may be left out.
    live: u64,
}

impl Story {
    pub fn new(logs: Logs, next: u64, oldest: u64) -> Self {
        Self { logs, next, oldest, live: u64::MAX }
    }

    pub fn take(&mut self, turn: &Turn) {
        let logs = &mut self.logs;
        match turn {
            Turn::Live(skip, texts) => {
                let from = self.next + skip;
                self.next = from + texts.len() as u64;
                self.live = if self.live == u64::MAX { from } else { self.live };
                logs.absorb(texts.iter().enumerate().map(|(n, text)| mixed(from + n as u64, text)).collect(), Time(0));
            }
            Turn::Late(back) => {
                let off = self.next.saturating_sub(*back).max(self.oldest);
                self.live = if self.live == u64::MAX { off } else { self.live };
                logs.absorb(vec![mixed(off, "late a")], Time(0));
            }
            Turn::Page(n) => {
                logs.top();
                if let Some(query) = logs.wants_history() {
                    let to = query.before.unwrap_or(self.next);
                    let from = to.saturating_sub(*n).max(1);
                    let fits = |it: &LogLine| {
                        let typed = query.filter.query.as_deref().unwrap_or_default();
                        asked(typed, it)
                            && query.filter.service.as_ref().is_none_or(|id| it.service.as_ref() == Some(id))
                            && query.filter.level.is_none_or(|least| it.level >= least)
                    };
                    self.oldest = self.oldest.min(from);
                    let all = (from..to).map(|off| mixed(off, "old a b")).filter(fits).collect();
                    let before = self.place();
                    self.logs.page(page(all, from == 1));
                    let readable = self.logs.view.height > 1 && self.logs.text_width() > 2;
                    assert!(before.is_none() || !readable || self.place() == before, "{before:?} is at {:?} now", self.place());
                }
            }
            Turn::Gap => {
                self.live = if self.live == u64::MAX { self.next + 1 } else { self.live };
                logs.gap(gap(self.next + 1, self.next + 5));
                self.next += 5;
            }
            Turn::Work(bytes) => drop(logs.work(*bytes)),
            Turn::Level(least) => logs.set_level(*least),
            Turn::Scope(one) => logs.set_scope(if *one { LogScope::service(ServiceId::new("api")) } else { LogScope::default() }),
            Turn::Add(typed) => assert_eq!(logs.add_filter(typed, Clock::default()), Ok(())),
            Turn::Drop => logs.drop_filter(0),
            Turn::Toggle => logs.toggle_filter(0),
            Turn::Resize(width, height) => logs.resize(*width, *height),
            Turn::Wrap => logs.toggle_wrap(),
            Turn::Parsed => logs.toggle_parsed(),
            Turn::Search(typed) => assert_eq!(logs.set_search(typed), Ok(())),
            Turn::Freeze => logs.freeze(),
            Turn::Follow => logs.follow(),
            Turn::Scroll(n) => logs.scroll(*n),
            Turn::Step(n) => logs.step(*n),
            Turn::Top => logs.top(),
            Turn::Hit(newer) => drop(logs.next_hit(*newer)),
            Turn::Error(newer) => drop(logs.go_to_error(*newer)),
        }
    }

    /// Where on the screen the pinned line is, its offset, and its row that stands there; `None` while it is hidden.
    fn place(&self) -> Option<(usize, u64, usize)> {
        let rows = self.logs.visible(Clockface::default());
        rows.iter().enumerate().filter(|(_, it)| it.seq == self.logs.view.top.seq).find_map(|(n, it)| match &it.body {
            Body::Text(text) => Some((n, text.line.off, text.row)),
            Body::Gap(gap) => Some((n, *gap.offs.start(), 0)),
            _ => None,
        })
    }

    /// The lines that should be shown, by looking at every line held.
    fn wanted(&self) -> Vec<u64> {
        let store = self.logs.store();
        let frozen = self.logs.view.frozen.unwrap_or(Seq(u64::MAX));
        let mut scratch = Scratch::default();
        let all = (store.first().0..store.next().0).filter_map(|seq| store.read(Seq(seq), &mut scratch));
        all.filter(|it| it.seq <= frozen && self.logs.filter().takes(it)).map(|it| it.off).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_screen_is_true_and_the_reader_is_not_moved(turns in prop::collection::vec(turn(), 1..60)) {
        let mut it = Story::new(Logs::new(BUDGET), 1000, 1000);
        it.logs.resize(40, 8);
        for turn in &turns {
            let followed = it.logs.view.follow;
            let (before, width) = (it.place(), it.logs.text_width());
            it.take(turn);
            prop_assert!(it.logs.store().bytes() <= it.logs.store().budget());
            let offs = held(&it.logs);
            prop_assert!(offs.is_sorted());
            let rows = it.logs.visible(Clockface::default()).len();
            prop_assert!(rows <= it.logs.view.height, "{rows} rows");
            finish(&mut it.logs);
            let paged = matches!(turn, Turn::Page(_));
            let is_shown = it.logs.shown_from(it.logs.view.top.seq) == Some(it.logs.view.top.seq);
            if let Some((index, off, row)) = before
                && is_shown
                && !(followed || paged || turn.moves())
                && it.logs.view.height > 1
                && it.logs.text_width() > 2
            {
                let after = it.place();
                prop_assert_eq!(after.map(|it| (it.0, it.1)), Some((index, off)), "{:?}", turn);
                prop_assert!(turn.reshapes() || it.logs.text_width() != width || after.is_none_or(|it| it.2 == row), "{:?}", turn);
            }
            // The floor only ever leaves out what is older than what is complete.
            let (shown, wanted) = (shown(&it.logs), it.wanted());
            prop_assert!(wanted.ends_with(&shown), "{:?}: {:?} of {:?}", turn, shown, wanted);
            let must = wanted.iter().filter(|off| **off >= it.live).count();
            prop_assert!(shown.len() >= must, "{:?}: {:?} of {:?} from {} on", turn, shown, wanted, it.live);
            let cursor = it.logs.cursor();
            prop_assert_eq!(cursor.is_none(), it.logs.first_shown().is_none());
        }
    }

    #[test]
    fn the_rows_of_the_screen_are_a_window_of_all_rows(turns in prop::collection::vec(turn(), 1..40)) {
        let mut it = Story::new(Logs::new(BUDGET), 1000, 1000);
        it.logs.resize(30, 7);
        for turn in &turns {
            it.take(turn);
        }
        finish(&mut it.logs);
        let key = |logs: &Logs| -> Vec<(u64, usize, String)> {
            let rows = logs.visible(Clockface::default());
            rows.iter().filter_map(|it| match &it.body { Body::Text(text) => Some((it.seq.0, text.row, text.text.clone())), _ => None }).collect()
        };
        let screen = key(&it.logs);
        let (width, follow) = (it.logs.view.width as u16, it.logs.view.follow);
        let full = it.logs.visible(Clockface::default()).len() == it.logs.view.height;
        it.logs.resize(width, u16::MAX);
        if !follow { it.logs.top(); }
        let all = key(&it.logs);
        prop_assert!(screen.is_empty() || all.windows(screen.len()).any(|it| it == screen));
        if follow && full { prop_assert!(all.ends_with(&screen)); }
    }
}
