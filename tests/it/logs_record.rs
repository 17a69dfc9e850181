//! One log record: its fields, what can be done with them, and a request followed through all services.

use ratatui::style::Style;
use trackside::app::effect::Effect;
use trackside::app::logs::{Detail, Kind, Logs};
use trackside::app::state::{Overlay, RecordView};
use trackside::model::event::Event;
use trackside::model::log::{Level, LogLine};
use trackside::model::query::{Clock, Query, Record, Whose};
use trackside::model::time::Time;
use trackside::theme::Theme;

use super::dash::{Dash, START, dash};
use super::logs::{BUDGET, finish, line, shown};
use super::screens::render::{frame, text};

/// A line of a service.
fn of(off: u64, service: &str, text: &str) -> LogLine {
    LogLine { at: START, service: Some(service.into()), replica: 1, ..line(off, text) }
}

fn detail(text: &str) -> Detail {
    let mut logs = Logs::new(BUDGET);
    logs.absorb(vec![line(1, text)], Time(0));
    logs.detail(logs.cursor().unwrap()).unwrap()
}

/// The fields of a line, without what the platform says of it.
fn fields(it: &Detail) -> Vec<(&str, &str)> {
    it.entries.iter().filter(|it| it.path().is_some()).map(|it| (it.name.as_str(), it.value.as_str())).collect()
}

fn record(it: &Dash) -> &RecordView {
    match it.app.overlays.last() {
        Some(Overlay::Record(it)) => it,
        other => panic!("no record is open: {other:?}; {}", it.said()),
    }
}

fn on(it: &Dash) -> (&str, &str) {
    let it = record(it);
    let entry = &it.detail.entries[it.at];
    (&entry.name, &entry.value)
}

fn copied(it: &Dash) -> Option<&str> {
    it.wishes.iter().rev().find_map(|it| if let Effect::Copy { text, .. } = it { Some(text.as_str()) } else { None })
}

/// Three services and one request among others.
fn shop() -> Dash {
    let mut it = dash();
    it.fact(Event::Logs(vec![
        of(1, "web", r#"{"msg":"GET /cart","request_id":"req-7f3a91","status":200}"#),
        of(2, "web", r#"{"msg":"GET /","request_id":"req-000001","status":200}"#),
        of(3, "api", "level=info msg=\"charge card\" x-request-id=req-7f3a91 took=12ms"),
        of(4, "ledger", "booked for req-7f3a91"),
        of(5, "web", r#"{"msg":"GET /done","request_id":"req-7f3a91","status":502,"user":{"id":7,"name":"li"}}"#),
        of(6, "web", r#"{"msg":"GET /","request_id":"req-000002","status":200}"#),
    ]));
    it
}

#[test]
fn what_is_inside_of_fields_is_listed_by_its_path_in_the_order_of_the_line() {
    let it =
        detail(r#"{"z":1,"msg":"hi","http":{"status":502,"headers":{"host":"a"}},"tags":["a","b"],"items":[{"id":1},{"id":2}],"none":{}}"#);
    let want = [
        ("z", "1"),
        ("msg", "hi"),
        ("http.status", "502"),
        ("http.headers.host", "a"),
        ("tags", r#"["a","b"]"#),
        ("items[0].id", "1"),
        ("items[1].id", "2"),
        ("none", "{}"),
    ];
    assert_eq!(fields(&it), want);
    assert_eq!(it.entries[2].path(), Some("http.status"));
    assert_eq!(it.entries[6].path(), Some("items.id"), "a query asks any element of a list");
    assert_eq!(it.entries[6].json(), r#"{"items.id":2}"#);
}

#[test]
fn a_line_without_fields_is_a_record_too() {
    let it = detail("just words");
    assert_eq!((it.entries[0].name.as_str(), it.entries[0].value.as_str()), ("text", "just words"));
    assert!(it.entries.iter().any(|it| it.name == "offset" && it.value == "1"));
    assert!(it.pretty().iter().any(|it| it.contains("just words")));
}

#[test]
fn hostile_records_are_listed_within_bounds_and_cleaned() {
    let escape = detail(r#"{"a\u001b[2J":"x\u001b]0;t\u0007y","bidi":"\u202eevil","a\u001b[2J":"again"}"#);
    for it in &escape.entries {
        assert!(!it.name.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{it:?}");
        assert!(!it.value.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{it:?}");
        assert!(!it.json().contains('\u{1b}'), "{it:?}");
    }
    assert_eq!(fields(&escape).iter().filter(|it| it.1 == "again").count(), 1, "a double is listed beside the first");
    assert_eq!(fields(&escape).len(), 3);

    let many = (0..900).map(|n| format!("\"f{n}\":{n}")).collect::<Vec<_>>().join(",");
    let many = detail(&format!("{{{many}}}"));
    assert_eq!((fields(&many).len(), many.more), (512, 388));

    let deep = detail(&format!("{}1{}", r#"{"a":"#.repeat(2_000), "}".repeat(2_000)));
    let names: usize = fields(&deep).iter().map(|it| it.0.len()).sum();
    assert!(fields(&deep).len() == 1 && names < 100, "{:?}", fields(&deep).len());
    assert_eq!(deep.entries[0].kind, Kind::Nested);
}

#[test]
fn a_value_of_a_mebibyte_is_drawn_asked_for_and_copied() {
    let mut it = dash();
    it.fact(Event::Logs(vec![of(1, "web", &format!(r#"{{"big":"{}"}}"#, "x".repeat(1 << 20)))]));
    // It is held in pieces, the last of them a short one.
    it.press("3 k Enter");
    let screen = text(&frame(&it.app, &Theme::builtin("night")));
    assert!(screen.contains("xxxx"));
    it.press("y");
    assert!(copied(&it).is_some_and(|it| it.len() > 4_000));
    it.press("J j j J =");
    assert!(it.app.logs.filter().is_narrow());
}

#[test]
fn what_is_filtered_by_a_field_fits_its_own_line() {
    let lines = [
        r#"{"a":"x","n":5,"v":"1.10","w":true,"e":"","q":"say \"hi\" \\ *","neg":-3}"#,
        r#"{"o":{"p q":{"r":"ü ß"}},"list":[1,2],"objects":[{"k":"a"},{"k":"b"}]}"#,
        r#"{"esc":"a\u001b[31mb","nl":"a\nb","bidi":"\u202ex","Upper":"MiXed","a:b":"c"}"#,
        r#"level=warn msg="a b" took=12ms size=3.5MiB path=/a/b?c=d"#,
    ];
    let whose = Whose { kind: &trackside::model::log::LogKind::Runtime, service: "", name: "", deployment: "", commit: "", replica: 0 };
    let mut asked = 0;
    for text in lines {
        for entry in detail(text).entries.iter().filter(|it| it.path().is_some()) {
            let query = entry.query().unwrap_or_else(|why| panic!("{entry:?}: {why}"));
            let typed = query.to_string();
            let read = Query::parse(&typed, Clock::default()).unwrap_or_else(|it| panic!("{typed}: {it:?}"));
            assert_eq!(read, query, "{typed}");
            assert!(typed.chars().all(|c| !c.is_control()), "{typed:?}");
            let line = Record { whose, level: Level::Info, at: START, text };
            assert!(read.fits(&line), "{typed} does not find {text}");
            asked += 1;
        }
    }
    assert_eq!(asked, 21);
}

#[test]
fn fields_and_records_are_copied() {
    let mut it = shop();
    it.press("3 k Enter");
    assert_eq!(on(&it), ("msg", "GET /done"));
    it.press("j j y");
    assert_eq!(copied(&it), Some("502"));
    it.press("c");
    assert_eq!(copied(&it), Some(r#"{"status":502}"#));
    it.press("j y");
    assert_eq!((on(&it), copied(&it)), (("user.id", "7"), Some("7")));
    it.press("Y");
    assert!(copied(&it).is_some_and(|it| it.contains("\"user\"") && it.contains("GET /done")));
    assert_eq!(record(&it).at, 3, "the record stays open");
}

#[test]
fn the_record_moves_to_its_neighbours_with_the_cursor_on_the_same_field() {
    let mut it = shop();
    it.press("3 Enter j j");
    assert_eq!(on(&it), ("status", "200"));
    it.press("p");
    assert_eq!(on(&it), ("status", "502"));
    it.press("p");
    assert_eq!(on(&it), ("text", "booked for req-7f3a91"), "a record without that field begins at its first");
    it.press("n n n");
    assert!(it.said().contains("newest"), "{}", it.said());
    it.press("Esc");
    assert!(!it.app.logs.view.follow, "whoever went through records stays where that led");
}

#[test]
fn a_record_that_was_only_looked_at_leaves_the_log_following() {
    let mut it = shop();
    it.press("3 Enter");
    it.fact(Event::Logs(vec![of(7, "web", "newer")]));
    assert!(!it.app.logs.view.follow);
    it.press("Esc");
    assert!(it.app.overlays.is_empty() && it.app.logs.view.follow);
}

#[test]
fn a_record_is_read_on_when_its_line_had_to_make_room() {
    let mut it = shop();
    it.press("3 k Enter");
    let was = record(&it).detail.clone();
    let mut seed = 1_u64;
    let mut noise = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{seed:016x}")
    };
    let flood: Vec<LogLine> = (100..3_000).map(|n| of(n, "api", &(0..500).map(|_| noise()).collect::<String>())).collect();
    it.fact(Event::Logs(flood));
    assert_eq!(it.app.logs.text_of(was.seq), None, "the line is gone");
    it.press("j y");
    assert_eq!(record(&it).detail, was);
    assert_eq!(copied(&it), Some("req-7f3a91"));
    it.press("p n Esc");
}

#[test]
fn json_is_laid_out_and_scrolled() {
    let mut it = shop();
    it.press("3 k Enter J");
    let (lines, top) = record(&it).json.clone().unwrap();
    assert_eq!((lines[1].as_str(), top), ("  \"msg\": \"GET /done\",", 0));
    it.press("j j");
    assert_eq!(record(&it).json.as_ref().unwrap().1, 2);
    it.press("n");
    assert!(record(&it).json.as_ref().unwrap().0.iter().any(|it| it.contains("req-000002")));
    it.press("J");
    assert!(record(&it).json.is_none());
}

#[test]
fn the_stream_is_kept_by_a_field_or_against_it() {
    let mut it = shop();
    it.press("3 Enter j j =");
    finish(&mut it.app.logs);
    assert!(it.app.overlays.is_empty());
    assert_eq!(shown(&it.app.logs), [1, 2, 6]);
    it.press("Enter j -");
    finish(&mut it.app.logs);
    assert_eq!(shown(&it.app.logs), [1, 2], "{}", it.said());
}

#[test]
fn a_request_is_followed_through_all_services_and_esc_leads_back() {
    let mut it = shop();
    it.press("1 j").press("3");
    it.app.set_scope(trackside::app::pane::Scope::Service("web".into()));
    it.press("& s t a t u s Enter k");
    finish(&mut it.app.logs);
    let before = (shown(&it.app.logs), it.app.logs.cursor());
    assert_eq!(before.0, [1, 2, 5, 6]);
    it.press("Enter o");
    finish(&mut it.app.logs);
    assert!(it.app.overlays.is_empty());
    assert_eq!(shown(&it.app.logs), [1, 3, 4, 5], "{}", it.said());
    assert_eq!(it.app.logs.cursor(), before.1, "the reader stays on the line");
    assert_eq!(it.app.scope, trackside::app::pane::Scope::Service("web".into()), "the other panes stay as they are");
    let screen = text(&frame(&it.app, &Theme::builtin("night")));
    assert!(screen.contains("request_id req-7f3a91 in all services, esc goes back"), "{screen}");
    it.press("Esc");
    finish(&mut it.app.logs);
    assert_eq!((shown(&it.app.logs), it.app.logs.cursor()), before);
    assert!(it.app.logs.trail().is_none());
}

#[test]
fn from_one_request_to_the_next_the_way_back_leads_to_where_it_began() {
    let mut it = shop();
    it.press("3 k i");
    finish(&mut it.app.logs);
    assert_eq!(shown(&it.app.logs), [1, 3, 4, 5]);
    it.press("Enter j j j j o");
    finish(&mut it.app.logs);
    assert_eq!(it.app.logs.trail().map(|it| it.id.as_str()), Some("req-7f3a91"), "{}", it.said());
    it.press("Esc");
    assert_eq!(shown(&it.app.logs), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn ids_are_known_by_their_names_and_the_one_that_reaches_furthest_is_followed() {
    let id = |text: &str| detail(text).id(None).map(|it| (it.name, it.query.to_string()));
    let found = |name: &str, query: &str| Some((name.to_owned(), query.to_owned()));
    assert_eq!(id(r#"{"span_id":"aaaaaaaa","trace_id":"bbbbbbbb"}"#), found("trace_id", "bbbbbbbb"));
    assert_eq!(id(r#"{"http":{"headers":{"X-Request-Id":"abc-def"}}}"#), found("http.headers.X-Request-Id", "abc-def"));
    assert_eq!(id(r#"{"trace":{"id":"cccccc"}}"#), found("trace.id", "cccccc"));
    assert_eq!(id(r#"{"correlationId":"q w"}"#), None, "words are no id");
    assert_eq!(id(r#"{"request_id":17}"#), found("request_id", "@request_id:17"), "a short one is looked for in its field only");
    let context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(id(&format!(r#"{{"traceparent":"{context}"}}"#)), found("traceparent", "4bf92f3577b34da6a3ce929d0e0e4736"));
    assert_eq!(id(r#"{"user_id":"li-12345","msg":"x"}"#), None);
    let it = detail(r#"{"user_id":"li-12345","request_id":"abcdef"}"#);
    assert_eq!(it.id(Some(0)).map(|it| it.value), Some("li-12345".to_owned()), "an id under the cursor is what is meant");
    assert_eq!(it.id(Some(1)).map(|it| it.value), Some("abcdef".to_owned()));
}

#[test]
fn another_scope_ends_a_trail() {
    let mut it = shop();
    it.press("3 & G E T Enter k i");
    assert!(it.app.logs.trail().is_some());
    it.app.set_scope(trackside::app::pane::Scope::Service("web".into()));
    finish(&mut it.app.logs);
    assert!(it.app.logs.trail().is_none());
    assert_eq!(shown(&it.app.logs), [1, 2, 5, 6], "the filter from before is on again");
}

#[test]
fn the_way_back_follows_lines_that_get_other_numbers() {
    let mut it = shop();
    it.press("3 k i");
    let old = (20..40).map(|n| line(n, "late")).collect::<Vec<_>>();
    it.fact(Event::Logs(old));
    it.press("Esc");
    let text = it.app.logs.cursor().and_then(|seq| it.app.logs.text_of(seq).map(std::borrow::Cow::into_owned));
    assert!(text.is_some_and(|it| it.contains("GET /done")));
}

/// The texts of the rows, each with what stands in its columns.
fn table(it: &Dash) -> Vec<String> {
    let rows = it.app.logs.visible(trackside::app::logs::Clockface::default());
    let text = |it: &trackside::app::logs::Shown<'_>| match &it.body {
        trackside::app::logs::Body::Text(text) => {
            let cells: String = text.cells.iter().flat_map(|it| [it.text.as_str(), "|"]).collect();
            Some(format!("{cells}{}", text.text))
        }
        _ => None,
    };
    rows.iter().filter_map(text).collect()
}

#[test]
fn fields_are_hidden_put_first_and_given_columns_and_shown_as_ever_again() {
    let mut it = dash().at(160, 40);
    it.fact(Event::Logs(vec![
        of(1, "web", r#"{"msg":"hi","user":"li","status":200,"http":{"path":"/a","ms":12}}"#),
        of(2, "web", r#"{"msg":"ho","user":"maya","status":404,"http":{"path":"/long/path","ms":7}}"#),
        of(3, "web", "no fields"),
    ]));
    it.press("3 z k Enter j j");
    assert_eq!(on(&it), ("status", "404"));
    it.press("x k f Esc");
    assert_eq!(table(&it)[..2], [r#"user=li  hi  http={"path":"/a","ms":12}"#, r#"user=maya  ho  http={"path":"/long/path","ms":7}"#]);
    it.press("Enter j j j | j | Esc");
    let rows = table(&it);
    assert_eq!(rows[1], r#"/long/path|7|user=maya  ho  http={"path":"/long/path","ms":7}"#, "{}", it.said());
    assert_eq!(rows[2], "||no fields");
    let screen = text(&frame(&it.app, &Theme::builtin("night")));
    assert!(screen.contains(" path       ms  message"), "{screen}");
    it.press("c");
    assert!(matches!(it.app.overlays.last(), Some(Overlay::Fields { cursor: 0 })));
    it.press("d d d");
    assert_eq!(table(&it)[0], r#"hi  user=li http={"path":"/a","ms":12}"#, "what is hidden stays hidden");
    it.press("R");
    assert!(it.app.overlays.is_empty());
    assert_eq!(table(&it)[0], r#"hi  user=li status=200 http={"path":"/a","ms":12}"#);
}

#[test]
fn what_is_chosen_holds_for_services_of_one_kind_only() {
    let mut it = dash().at(160, 40);
    it.app.logs.choices_mut().learn(&"web".into(), "web");
    it.app.logs.choices_mut().learn(&"worker".into(), "worker");
    it.fact(Event::Logs(vec![of(1, "web", r#"{"msg":"hi","n":1}"#), of(2, "worker", r#"{"msg":"ho","n":2}"#)]));
    it.app.logs.choices_mut().toggle(Some(&"web".into()), "n", trackside::app::logs::Way::Hidden);
    it.press("3 z");
    assert_eq!(table(&it), ["hi", "ho  n=2"]);
}

#[test]
fn columns_leave_room_for_the_text_and_headings_are_there_at_every_size() {
    let mut it = dash();
    let long = "v".repeat(400);
    let fields: String = (0..30).fold(String::new(), |all, n| all + &format!(",\"field{n}\":\"{long}\""));
    it.fact(Event::Logs(vec![of(1, "web", &format!("{{\"msg\":\"hi\"{fields}}}"))]));
    it.press("3 z");
    for n in 0..30 {
        it.send(trackside::app::msg::Msg::Act("field.column".to_owned(), format!("field{n}")));
    }
    for (width, height) in [(200, 60), (120, 40), (80, 24), (40, 10), (20, 3), (1, 1)] {
        it.send(trackside::app::msg::Msg::Resize(width, height));
        it.press("v k v j");
        assert!(it.app.logs.text_width() >= 24.min(usize::from(width).saturating_sub(2)).min(it.app.logs.view.width), "{width}");
        assert!(it.app.logs.slots().iter().all(|it| it.width <= 24));
        frame(&it.app, &Theme::builtin("night"));
    }
}

#[test]
fn long_objects_are_shortened_in_the_line_only() {
    let mut it = dash().at(200, 40);
    let list = (0..60).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    it.fact(Event::Logs(vec![of(1, "web", &format!("{{\"msg\":\"hi\",\"list\":[{list}],\"after\":1}}"))]));
    it.press("3 z");
    let row = table(&it).remove(0);
    assert!(row.len() < 100 && row.contains("…") && row.ends_with("after=1"), "{row}");
    it.press("Enter j y");
    assert_eq!(copied(&it), Some(format!("[{list}]").as_str()));
}

#[test]
fn a_field_that_says_what_the_platform_knows_is_asked_for_as_that() {
    let mut it = dash();
    let text = r#"{"level":"ERROR","service":"web","replica":1,"deploy":"d-web-1","msg":"no"}"#;
    let deployment = Some("d-web-1".into());
    it.fact(Event::Logs(vec![
        LogLine { level: Level::Error, deployment, ..of(1, "web", text) },
        LogLine { level: Level::Error, ..of(2, "web", "panic: the same in other words") },
        of(3, "web", r#"{"level":"info","msg":"fine"}"#),
    ]));
    it.press("3 k k Enter");
    let asked = |name: &str| {
        let entry = record(&it).detail.entries.iter().find(|it| it.name == name && it.path().is_some()).unwrap();
        entry.query().unwrap().to_string()
    };
    assert_eq!(["level", "service", "replica", "deploy"].map(asked), ["level:error", "service:web", "replica:1", "deploy:d-web-1"]);
    it.press("=");
    finish(&mut it.app.logs);
    assert_eq!(shown(&it.app.logs), [1, 2]);
    // What only looks like it is a field as any other.
    let other = detail(r#"{"level":5,"service":"elsewhere","msg":"a game"}"#);
    let asked = |name: &str| other.entries.iter().find(|it| it.name == name).unwrap().query().unwrap().to_string();
    assert_eq!(["level", "service"].map(asked), ["@level:5", "@service:\"elsewhere\""]);
}

#[test]
fn what_is_no_field_says_which_rows_can_be_hidden_or_get_a_column() {
    let mut it = shop();
    it.press("3 Enter G x");
    assert!(it.said().contains("offset is not written in the line; x, f and | are for its fields, msg to status"), "{}", it.said());
    it.press("Esc k k Enter |");
    assert!(it.said().contains("this line has no fields"), "{}", it.said());
    assert!(it.app.logs.choices().all().is_empty());
}

#[test]
fn the_bottom_bar_says_the_keys_of_what_lies_over_the_panes() {
    let plain = Theme::from_fn("plain", Style::new(), |_| Style::new());
    let mut it = shop().at(80, 24);
    it.press("3 &").types("GET").press("Enter Enter");
    let picture = text(&frame(&it.app, &plain));
    let rows: Vec<&str> = picture.lines().collect();
    let foot = rows[23];
    for words in ["n newer", "p older", "o follow id", "Enter around", "J JSON", "Y copy all", "Esc close"] {
        assert!(foot.contains(words), "{words}: {foot}");
    }
    for words in ["= keep", "- leave out", "y copy", "x hide", "f first", "| column"] {
        assert!(picture.contains(words), "{words}: {picture}");
    }
    for (keys, words) in [("Esc f", "drop"), ("Esc p", "leave out"), ("Esc ?", "search"), ("Esc :", "complete"), ("Esc T", "choose")] {
        it.press(keys);
        let picture = text(&frame(&it.app, &plain));
        let foot = picture.lines().nth(23).unwrap();
        assert!(foot.contains(words) && foot.contains("Esc") && !foot.contains("freeze"), "{keys}: {foot}");
    }
}
