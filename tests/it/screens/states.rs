//! No state by colour alone: without any colour, and even without bold or underline, each one reads differently.

use trackside::app::msg::Msg;
use trackside::app::state::{App, NoticeKind};
use trackside::app::update::update;
use trackside::model::deploy::DeployStatus;
use trackside::model::event::{Event, Snapshot};
use trackside::model::ids::SourceId;
use trackside::model::incident::{Deed, Incident, IncidentStatus, Severity};
use trackside::model::link::Link;
use trackside::model::service::Health;
use trackside::model::time::Millis;
use trackside::theme::Theme;

use super::render::{frame, text};
use crate::fixture::{self, NOW, Story, press};

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (160, 45), (200, 60)];

/// A dashboard that shows `snapshot`, and none of the messages that came with it.
fn showing(snapshot: Snapshot, (width, height): (u16, u16)) -> App {
    let mut app = fixture::app(Story::Empty, width, height);
    update(&mut app, Msg::Fact(SourceId(0), Event::Snapshot(Box::new(snapshot)), NOW));
    update(&mut app, Msg::Tick(NOW + Millis::secs(30)));
    assert_eq!(app.notices().count(), 0);
    app
}

/// The lines of the screen that hold `needle`, in `mono`, as bare text.
fn lines(app: &App, needle: &str) -> String {
    let screen = text(&frame(app, &Theme::builtin("mono")));
    let found: Vec<&str> = screen.lines().filter(|line| line.contains(needle)).collect();
    assert!(!found.is_empty(), "{needle} is not on the screen:\n{screen}");
    found.join("\n")
}

fn all_differ(what: &str, shown: &[(String, String)]) {
    for (i, (a, one)) in shown.iter().enumerate() {
        for (b, other) in &shown[i + 1..] {
            assert_ne!(one, other, "{what}: {a} and {b} look the same without colour");
        }
    }
}

#[test]
fn without_colour_every_deployment_tells_how_it_stands() {
    use DeployStatus as S;
    let statuses = [S::Pending, S::Cloning, S::Building, S::Deploying, S::Success, S::Failed, S::Cancelled, S::Crashed, S::Removed];
    for size in SIZES {
        let one = |status: &S, live: bool| {
            let mut all = fixture::snapshot();
            all.incidents.clear();
            all.deployments.truncate(1);
            let it = &mut all.deployments[0];
            (it.status, it.error, it.progress) = (status.clone(), None, 50);
            (it.live_from, it.live_to) = if live { (Some(NOW), None) } else { (None, None) };
            let mut app = showing(all, size);
            press(&mut app, "2");
            (format!("{status} (live: {live})"), lines(&app, "77ce02d"))
        };
        let mut shown: Vec<_> = statuses.iter().map(|it| one(it, false)).collect();
        shown.push(one(&S::Success, true));
        shown.push(one(&S::Other("approved".into()), false));
        all_differ("deployments", &shown);
    }
}

#[test]
fn without_colour_every_service_tells_how_it_is() {
    use Health as H;
    let all = [H::Live, H::Deploying, H::Failed, H::CrashLoop, H::Stopped, H::Sleeping, H::Unknown, H::Other("paused".into())];
    for size in SIZES {
        let shown = all.clone().map(|health| {
            let mut all = fixture::snapshot();
            (all.deployments, all.incidents) = (Vec::new(), Vec::new());
            all.services.retain(|it| it.name.as_str() == "invoices");
            all.services[0].health = health.clone();
            (health.to_string(), lines(&showing(all, size), "invoices"))
        });
        all_differ("services", &shown);
    }
}

#[test]
fn without_colour_every_incident_tells_how_bad_it_is_and_who_has_it() {
    for size in SIZES {
        let one = |name: String, change: &dyn Fn(&mut Incident)| {
            let mut all = fixture::snapshot();
            all.incidents.truncate(1);
            change(&mut all.incidents[0]);
            let mut app = showing(all, size);
            press(&mut app, "5");
            (name, lines(&app, "api: 5xx"))
        };
        let severities = [Severity::P1, Severity::P2, Severity::P3, Severity::P4, Severity::Other("sev0".into())];
        all_differ("severities", &severities.map(|severity| one(severity.label(), &|it| it.severity = severity.clone())));
        let deed = || Some(Deed { by: "maya".into(), at: NOW, reason: None });
        let stages = [
            one("triggered".to_owned(), &|_| {}),
            one("acknowledged".to_owned(), &|it| (it.status, it.acknowledged) = (IncidentStatus::Acknowledged, deed())),
            one("mitigated".to_owned(), &|it| {
                (it.status, it.acknowledged, it.mitigated) = (IncidentStatus::Mitigated, deed(), deed());
            }),
            one("resolved".to_owned(), &|it| {
                (it.status, it.acknowledged, it.resolved) = (IncidentStatus::Resolved, deed(), deed());
            }),
        ];
        all_differ("incidents", &stages);
    }
}

#[test]
fn without_colour_the_header_tells_how_the_link_stands() {
    let links = [
        Link::Connecting { attempt: 1 },
        Link::Snapshot,
        Link::Live,
        Link::Polling { every: Millis::secs(5), why: "stream down".into() },
        Link::Stale { since: NOW },
        Link::Retrying { at: NOW + Millis::secs(99), attempt: 3, why: "refused".into() },
        Link::Refused { why: "the token is wrong".into() },
    ];
    for size in SIZES {
        let shown = links.clone().map(|link| {
            let mut app = showing(fixture::snapshot(), size);
            update(&mut app, Msg::Fact(SourceId(0), Event::Link(link.clone()), NOW));
            (format!("{link:?}"), lines(&app, "trackside"))
        });
        all_differ("links", &shown);
    }
}

#[test]
fn the_words_of_the_link_are_whole_however_little_room_there_is() {
    let why = "the stream is refused with 403 Forbidden, at some length";
    for link in [
        Link::Polling { every: Millis::secs(5), why: why.into() },
        Link::Stale { since: NOW },
        Link::Retrying { at: NOW + Millis::secs(9), attempt: 3, why: why.into() },
        Link::Refused { why: why.into() },
    ] {
        for size in [(60, 16), (80, 24), (120, 40), (200, 60)] {
            let mut app = showing(fixture::snapshot(), size);
            update(&mut app, Msg::Fact(SourceId(0), Event::Link(link.clone()), NOW));
            let words = app.link_words();
            let row = text(&frame(&app, &Theme::builtin("mono"))).lines().next().unwrap().to_owned();
            assert!(row.contains(&words.text) || row.contains(&format!("{} ", words.short)), "{size:?}, {words:?}: {row}");
            let polled = matches!(link, Link::Polling { .. });
            assert_eq!(app.notices.iter().any(|it| it.text.contains(why)), polled, "what is polled is said with its reason, once");
        }
    }
}

#[test]
fn without_colour_good_news_differ_from_bad() {
    use NoticeKind as K;
    let shown = [K::Info, K::Good, K::Warn, K::Bad].map(|kind| {
        let mut app = showing(fixture::snapshot(), (120, 40));
        app.notify(kind, "the words themselves are the same");
        (format!("{kind:?}"), lines(&app, "the words themselves"))
    });
    all_differ("messages", &shown);
}

#[test]
fn a_timeline_of_one_row_shows_what_is_open_and_since_when() {
    let app = fixture::app(Story::Full, 80, 24);
    let row = text(&frame(&app, &Theme::builtin("mono"))).lines().nth(1).unwrap().to_owned();
    assert!(row.contains("P1"), "{row}");
    let mut calm = fixture::snapshot();
    calm.incidents.clear();
    let row = text(&frame(&showing(calm, (80, 24)), &Theme::builtin("mono"))).lines().nth(1).unwrap().to_owned();
    assert!(!row.contains('P') && !row.contains('━'), "{row}");
}

#[test]
fn a_service_with_an_open_p1_says_so_though_all_its_replicas_run() {
    for size in SIZES {
        let mut all = fixture::snapshot();
        all.services.retain(|it| it.health == Health::Live);
        all.incidents.truncate(1);
        all.incidents[0].service = Some("web".into());
        all.deployments.clear();
        let app = showing(all, size);
        let row = lines(&app, " web").lines().next().unwrap().to_owned();
        assert!(row.split("││").next().unwrap().contains("P1"), "{size:?}: {row}");
    }
}

#[test]
fn why_a_build_failed_can_be_read_at_every_size() {
    for size in SIZES {
        let mut app = showing(fixture::snapshot(), size);
        press(&mut app, "2");
        let row = lines(&app, "1f0e88a");
        assert!(row.contains("build failed: exit 1"), "{size:?}: {row}");
    }
}
