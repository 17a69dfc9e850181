//! REST: who is let in, the envelope, pages, tags, keys, limits.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use trackside::local::api::routes;
use trackside::local::clock::now;
use trackside::local::limit::Limits;
use trackside::local::port::Entry;
use trackside::model::deploy::Deployment;
use trackside::model::event::Change;
use trackside::model::link::{Can, Caps};
use trackside::model::log::{Level, LogKind, LogPage};
use trackside::model::project::Project;
use trackside::model::time::{Millis, Time};
use trackside::wire::calls::Written;
use trackside::wire::rest::{Code, Envelope, HealthInfo, LimitsInfo};

use super::desk::{Desk, TOKEN, VIEWER, roomy};
use super::samples;

/// The status of a request written byte for byte.
async fn raw(desk: &Desk, head: &str) -> u16 {
    let mut socket = tokio::net::TcpStream::connect(("127.0.0.1", desk.port)).await.unwrap();
    socket.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_requests_meant_for_this_platform_and_with_its_token_are_served() {
    let desk = Desk::start().await;
    let port = desk.port;
    let auth = format!("authorization: Bearer {TOKEN}");
    let ours = format!("host: 127.0.0.1:{port}");
    let with = |lines: &[&str]| format!("GET /api/v1/me HTTP/1.1\r\n{}", lines.join("\r\n"));
    let table = [
        (200, with(&[&ours, &auth])),
        (200, with(&[&format!("host: localhost:{port}"), &auth])),
        (200, with(&[&format!("host: [::1]:{port}"), &auth])),
        (403, with(&[&format!("host: evil.example:{port}"), &auth])),
        (403, with(&[&format!("host: 127.0.0.1.evil:{port}"), &auth])),
        (403, with(&[&format!("host: localhost.:{port}"), &auth])),
        (403, with(&["host: localhost", &auth])),
        (403, with(&[&auth])),
        (403, with(&["host: localhost:1", &auth])),
        (403, format!("GET http://evil.example/api/v1/me HTTP/1.1\r\n{ours}\r\n{auth}")),
        (200, with(&[&ours, &auth, &format!("origin: http://localhost:{port}")])),
        (403, with(&[&ours, &auth, "origin: http://evil.example"])),
        (403, with(&[&ours, &auth, "origin: null"])),
        (403, with(&[&ours, &auth, "origin: http://localhost:3000"])),
        (403, with(&[&ours, &auth, "sec-fetch-site: cross-site"])),
        (200, with(&[&ours, &auth, "sec-fetch-site: none"])),
        (401, with(&[&ours])),
        (401, with(&[&ours, "authorization: Bearer wrong"])),
        (401, with(&[&ours, &format!("authorization: Basic {TOKEN}")])),
        (401, with(&[&ours, &format!("authorization: Bearer  {TOKEN}")])),
        (413, format!("GET /api/v1/me?x={} HTTP/1.1\r\n{ours}\r\n{auth}", "y".repeat(9000))),
        (403, "GET /api/v1/health HTTP/1.1\r\nhost: evil.example".to_owned()),
        (200, format!("GET /api/v1/health HTTP/1.1\r\n{ours}")),
        (401, format!("GET /api/v1/nothing HTTP/1.1\r\n{ours}")),
    ];
    for (status, head) in &table {
        assert_eq!(raw(&desk, head).await, *status, "{head:.200}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tokens_are_answered_once_a_second() {
    let desk = Desk::start().await;
    let begun = Instant::now();
    for _ in 0..3 {
        let answer = desk.http.get(desk.url("/me")).bearer_auth("guess").send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    }
    assert!(begun.elapsed() >= Duration::from_millis(1900), "{:?}", begun.elapsed());
    assert_eq!(desk.get("/me").send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_comes_in_the_envelope_with_a_stable_code() {
    let desk = Desk::start().await;
    desk.write(vec![Change::Service(samples::service("svc_1"))]).await;
    let deep = format!(r#"{{"name":{}1{}}}"#, "[".repeat(70), "]".repeat(70));
    let table = [
        (desk.get("/nothing"), Code::NotFound, "nothing here"),
        (desk.get("/services/none"), Code::NotFound, "no service none"),
        (desk.get("/services/..%2f..%2fetc"), Code::NotFound, "no service"),
        (desk.get("/services?colour=red"), Code::BadRequest, "`colour`"),
        (desk.get("/services?limit=many"), Code::BadRequest, "`limit` is `many`"),
        (desk.get("/services?cursor=zzz"), Code::BadRequest, "`cursor`"),
        (desk.get("/logs?level=loud"), Code::BadRequest, "`level` is `loud`"),
        (desk.get("/metrics"), Code::BadRequest, "`service` is missing"),
        (desk.http.put(desk.url("/me")).bearer_auth(TOKEN), Code::MethodNotAllowed, "method"),
        (desk.post("/projects", ""), Code::BadRequest, "body is needed"),
        (desk.post("/projects", "{"), Code::BadRequest, "EOF"),
        (desk.post("/projects", r#"{"name":"a","colour":1}"#), Code::BadRequest, "`colour`"),
        (desk.post("/projects", r#"{"name":7}"#), Code::BadRequest, "`name`"),
        (desk.post("/projects", r#"{"name":"a"} more"#), Code::BadRequest, "after"),
        (desk.post("/projects", &deep), Code::BadRequest, "deeper"),
        (desk.post("/projects", &format!(r#"{{"name":"{}"}}"#, "a".repeat(1 << 20))), Code::TooLarge, "1 MiB"),
        (desk.post("/projects", "{}").header("content-type", "text/plain"), Code::UnsupportedMediaType, "application/json"),
        (desk.post("/projects", r#"{"name":"a"}"#).header("if-match", "soon"), Code::BadRequest, "If-Match"),
        (desk.post("/incidents/none/acknowledge", ""), Code::NotFound, "no such incident"),
        (desk.post("/incidents/none/steps/dance", r#"{"done":true}"#), Code::NotFound, "dance"),
        (desk.post("/services/svc_1/stop", ""), Code::Conflict, "does not do that"),
        (desk.post("/services/svc_1/stop", r#"{"now":true}"#), Code::BadRequest, "`now`"),
        (desk.post("/projects", r#"{"name":"a"}"#).bearer_auth(VIEWER), Code::Unauthorized, "token"),
    ];
    for (index, (request, code, says)) in table.into_iter().enumerate() {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), code.status(), "row {index}");
        assert!(answer.headers().get("access-control-allow-origin").is_none());
        let text = answer.text().await.unwrap();
        let envelope: Envelope<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!((envelope.success, envelope.code), (false, Some(code)), "row {index}");
        let message = envelope.message.unwrap();
        assert!(message.contains(says), "row {index}: {message}");
        assert!(!text.contains("/tmp") && !text.to_lowercase().contains("sqlite"), "row {index}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_of_the_table_is_served() {
    let desk = Desk::start().await;
    let changes = vec![
        Change::Team(samples::team()),
        Change::Project(samples::project("prj_1")),
        Change::Service(samples::service("svc_1")),
        Change::Deployment(samples::deployment("dep_1", samples::AT)),
        Change::Incident(samples::incident("inc_1")),
        Change::Audit(samples::audit("aud_1")),
    ];
    desk.write(changes).await;
    let commits = format!("?from={0}&to={0}", samples::COMMIT);
    for route in routes().filter(|it| it.method == "GET" && it.path != "/stream") {
        let ids =
            [("/teams", "team_1"), ("/projects", "prj_1"), ("/services", "svc_1"), ("/deployments", "dep_1"), ("/incidents", "inc_1")];
        let id = ids.iter().find(|(list, _)| route.path.starts_with(list)).map_or("aud_1", |(_, id)| id);
        let query = match route.path {
            "/metrics" => "?service=svc_1&from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z&metric=cpu",
            "/logs/volume" => "?service=svc_1&from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z&step=60000",
            "/services/{id}/commits" => commits.as_str(),
            _ => "",
        };
        let path = format!("{}{query}", route.path.replace("{id}", id));
        let answer = desk.get(&path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert!(answer.headers().contains_key("ratelimit-limit"), "{path}");
    }
    let health: HealthInfo = desk.data("/health").await;
    assert_eq!((health.status.as_str(), health.version.as_str()), ("ok", env!("CARGO_PKG_VERSION")));
    let limits: LimitsInfo = desk.data("/limits").await;
    let names: Vec<&str> = limits.buckets.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["general", "writes", "logs", "upgrades"]);
    let me: Caps = desk.data("/me").await;
    assert_eq!((me.user.as_str(), me.deploy), ("owner", Can::YES));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_may_look_and_is_told_why_no_more() {
    let desk = Desk::start().await;
    let me = desk.http.get(desk.url("/me")).bearer_auth(VIEWER).send().await.unwrap();
    let me: Envelope<Caps> = me.json().await.unwrap();
    assert_eq!(me.data.unwrap().deploy.check(), Err("this token may only look"));
    let write = desk.http.post(desk.url("/projects")).bearer_auth(VIEWER).json(&serde_json::json!({"name": "a"})).send().await.unwrap();
    assert_eq!(write.status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_list_all_show_the_revision_of_the_first() {
    let desk = Desk::start().await;
    let dep = |i: i64| Change::Deployment(samples::deployment(&format!("dep_{i:03}"), Time(samples::AT.0 + i)));
    for i in 0..95 {
        desk.write(vec![dep(i)]).await;
    }
    let (mut cursor, mut seen, mut later) = (String::new(), Vec::new(), 1000);
    loop {
        let answer = desk.get(&format!("/deployments?limit=10{cursor}")).send().await.unwrap();
        let position = answer.headers()["x-trackside-pos"].to_str().unwrap().to_owned();
        assert!(position.ends_with("/95"), "{position}");
        let envelope: Envelope<Vec<Deployment>> = answer.json().await.unwrap();
        let page = envelope.page.unwrap();
        assert_eq!(page.total, 95);
        seen.extend(envelope.data.unwrap().into_iter().map(|it| it.id.to_string()));
        let Some(next) = page.next else { break };
        cursor = format!("&cursor={next}");
        desk.write(vec![dep(later)]).await;
        later += 1;
    }
    let all: BTreeSet<String> = seen.iter().cloned().collect();
    assert_eq!((seen.len(), all.len()), (95, 95), "each once, none of the later ones");
    assert_eq!(seen[0], "dep_094", "newest first");
    let epoch = desk.feeds.hub.view().at.epoch.clone();
    let gone = desk.get(&format!("/deployments?cursor={epoch}.3.10")).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::GONE);
    let filtered: Vec<Deployment> = desk.data("/deployments?status=failed").await;
    assert!(filtered.is_empty());
    let most: Vec<Deployment> = desk.data("/deployments?limit=100000&service=svc_1&status=SUCCESS").await;
    assert_eq!(most.len(), 95 + usize::try_from(later - 1000).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_changed_is_not_sent_again() {
    let desk = Desk::start().await;
    desk.write(vec![Change::Project(samples::project("prj_1"))]).await;
    for path in ["/snapshot", "/projects", "/projects/prj_1"] {
        let first = desk.get(path).send().await.unwrap();
        let tag = first.headers()["etag"].to_str().unwrap().to_owned();
        for asked in [tag.clone(), format!("\"other\", W/{tag}")] {
            let again = desk.get(path).header("if-none-match", &asked).send().await.unwrap();
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path} {asked}");
            assert_eq!(again.headers()["etag"].to_str().unwrap(), tag);
            assert!(again.bytes().await.unwrap().is_empty());
        }
        desk.write(vec![Change::Project(samples::project("prj_1"))]).await;
        let changed = desk.get(path).header("if-none-match", &tag).send().await.unwrap();
        assert_eq!(changed.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_is_one_deed_however_often_it_is_sent() {
    let desk = Desk::start().await;
    let send = |body: &'static str| desk.post("/projects", body).header("idempotency-key", "k1").send();
    let answers = futures_util::future::join_all((0..50).map(|_| send(r#"{"name":"shop"}"#))).await;
    let mut made = BTreeSet::new();
    for answer in answers {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        let written: Envelope<Written> = answer.json().await.unwrap();
        let Some(Change::Project(project)) = written.data.clone().unwrap().object else { panic!("{written:?}") };
        made.insert((written.data.unwrap().rev, project.id.to_string(), project.rev));
    }
    assert_eq!(made.into_iter().collect::<Vec<_>>(), [(1, "prj_1".to_owned(), 1)]);
    let other = send(r#"{"name":"other"}"#).await.unwrap();
    assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let projects: Vec<Project> = desk.data("/projects").await;
    assert_eq!(projects.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_acknowledge_the_same_revision_one_is_shown_how_it_is_now() {
    let desk = Desk::start().await;
    let rev = desk.write(vec![Change::Incident(samples::incident("inc_1"))]).await;
    let ask = || desk.post("/incidents/inc_1/acknowledge", "").header("if-match", format!("\"{rev}\"")).send();
    let (first, second) = (ask().await.unwrap(), ask().await.unwrap());
    assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::PRECONDITION_FAILED));
    let told: Envelope<Change> = second.json().await.unwrap();
    assert_eq!(told.code, Some(Code::PreconditionFailed));
    assert!(matches!(told.data, Some(Change::Incident(it)) if it.rev == rev + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let desk = Desk::with(Limits { general: 3, writes: 1, ..roomy() }, Duration::from_secs(15)).await;
    for left in ["2", "1", "0"] {
        let answer = desk.get("/me").send().await.unwrap();
        assert_eq!(answer.headers()["ratelimit-limit"], "3");
        assert_eq!(answer.headers()["ratelimit-remaining"], left);
    }
    let refused = desk.get("/me").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((890..=900).contains(&wait), "{wait}");
    let refused: Envelope<Value> = refused.json().await.unwrap();
    assert_eq!(refused.code, Some(Code::RateLimited));
    assert_eq!(desk.post("/projects", r#"{"name":"a"}"#).send().await.unwrap().status(), 201, "writes count by themselves");
    assert_eq!(desk.post("/projects", r#"{"name":"b"}"#).send().await.unwrap().status(), 429);
    let other = desk.http.get(desk.url("/me")).bearer_auth(VIEWER).send().await.unwrap();
    assert_eq!(other.status(), 200, "another token has its own count");
}

#[test]
fn a_limit_begins_anew_with_each_window() {
    use trackside::local::limit::{Kind, Limiter};
    let limiter = Limiter::new(Limits { writes: 2, ..Limits::new(10) });
    let start = Instant::now();
    let count = |secs| limiter.count("t", Kind::Writes, start + Duration::from_secs(secs));
    assert!(count(0).allowed && count(1).allowed && !count(59).allowed);
    assert_eq!(count(59).reset, 1);
    assert!(count(60).allowed);
    assert_eq!(Limits::new(600).buckets()[0].window, Millis::mins(15));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_for_lines_is_read_by_the_platform_and_a_mistake_in_it_is_pointed_at() {
    let desk = Desk::start().await;
    let line = |level: Level, text: &str| Entry {
        at: now(),
        kind: LogKind::Runtime,
        level: Some(level),
        service: Some("svc_1".into()),
        deployment: Some("dep_1".into()),
        replica: 1,
        cont: false,
        text: text.to_owned(),
    };
    let deployment = samples::deployment("dep_1", samples::AT);
    let (commit, name) = (deployment.commit.as_ref().unwrap().id.to_string(), samples::service("svc_1").name.to_string());
    desk.write(vec![Change::Service(samples::service("svc_1")), Change::Deployment(deployment)]).await;
    let long = format!("{} end", "x ".repeat(20_000));
    desk.feeds.logs.append(vec![
        line(Level::Info, "plain"),
        line(Level::Error, r#"{"status":503,"took_ms":312}"#),
        line(Level::Warn, "\u{1b}[31mred \u{1b}[0mtext"),
        line(Level::Info, &long),
    ]);
    desk.feeds.logs.flush();
    let service = format!("service:{name}");
    let deploy = format!("deploy:{}", &commit[..7]);
    for (q, offs) in [
        ("@status:500..599", &[2][..]),
        ("@took_ms:>250ms level:>=error", &[2]),
        ("\"red text\"", &[3]),
        ("-plain level:info..warn", &[3, 4, 5, 6]),
        // A long line is kept in pieces, each a line of its own: only the last has the end.
        ("-end \"x x\"", &[4, 5]),
        ("plain OR kind:build", &[1]),
        ("plain after:-1h", &[1]),
        ("plain before:-1h", &[]),
        (&service, &[1, 2, 3, 4, 5, 6]),
        ("service:nobody", &[]),
        (&deploy, &[1, 2, 3, 4, 5, 6]),
        ("", &[1, 2, 3, 4, 5, 6]),
    ] {
        let page: LogPage =
            desk.get("/logs").query(&[("q", q)]).send().await.unwrap().json::<Envelope<LogPage>>().await.unwrap().data.unwrap();
        assert_eq!(page.lines.iter().map(|it| it.off).collect::<Vec<_>>(), offs, "{q}");
    }
    let refused = desk.get("/logs").query(&[("q", "plain level:>=wrn")]).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let said: Value = refused.json().await.unwrap();
    assert_eq!((&said["code"], &said["at"], &said["success"]), (&"bad_query".into(), &14.into(), &false.into()));
    assert!(said["message"].as_str().unwrap().contains("byte 14: expected trace, debug"), "{said}");
}
