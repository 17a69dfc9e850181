//! The REST client over real sockets, against servers that break every rule.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use trackside::model::event::Answer;
use trackside::model::ids::ServiceId;
use trackside::model::request::{Fault, Request};
use trackside::model::time::Millis;
use trackside::platform::endpoint::{Endpoint, NoEndpoint};
use trackside::platform::patience::Patience;
use trackside::platform::trackside::client::Client;
use trackside::platform::trouble::Trouble;

use crate::source_fake::{Act, Fake, Live, answer, header, json};

/// Waits that a test has time for.
pub fn brisk() -> Patience {
    Patience {
        connect: Duration::from_secs(2),
        first_byte: Duration::from_millis(300),
        between: Duration::from_millis(300),
        whole: Duration::from_millis(1500),
        ping: Millis(200),
        stale: Millis(400),
        dead: Millis(700),
        hello: Millis(1500),
        poll: Duration::from_millis(40),
        stream_again: Duration::from_millis(300),
        check: Duration::from_mins(10),
        refused: Duration::from_mins(10),
        tick: Duration::from_millis(40),
        resend: Duration::from_millis(5),
    }
}

pub fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(url, Some(SecretString::from("c4nary-token"))).unwrap()
}

fn client(url: &str) -> Client {
    Client::patient(endpoint(url), brisk())
}

async fn snapshot_of(act: Act) -> (Result<(), Trouble>, Fake) {
    let fake = Fake::start(move |_, _| act.clone()).await;
    let outcome = client(&fake.url).snapshot().await.map(|_| ());
    (outcome, fake)
}

async fn with_status(status: &str, headers: &str, body: &str) -> Trouble {
    snapshot_of(Act::Say(answer(status, headers, body))).await.0.unwrap_err()
}

const JSON: &str = "content-type: application/json\r\n";
const WHOLE: &str = r#"{"success":true,"data":{"position":{"epoch":"e","rev":3},"digest":"00","snapshot":{"teams":[{"id":"t1","name":"x","members":[],"rev":1},{"id":"t2","name":5,"members":[],"rev":1}],"projects":[],"services":[],"deployments":[],"incidents":[]}},"message":null}"#;

#[tokio::test]
async fn a_whole_answer_is_read_and_one_bad_object_is_counted() {
    let fake = Fake::start(|_, _| json(WHOLE)).await;
    let (position, all) = client(&fake.url).snapshot().await.unwrap();
    assert_eq!((position.rev, all.teams.len(), all.unreadable.get("team")), (3, 1, Some(&1)));
    let request = &fake.requests()[0];
    assert_eq!(header(request, "authorization"), Some("Bearer c4nary-token"));
    assert!(header(request, "user-agent").unwrap().starts_with("trackside/"));
    assert!(!request.lines().next().unwrap().contains("c4nary"), "the token is in no address");
}

#[tokio::test]
async fn each_status_is_told_apart_by_what_to_do_about_it() {
    let said = r#"{"success":false,"data":null,"message":"because","code":"conflict"}"#;
    assert_eq!(with_status("401 Unauthorized", JSON, said).await, Trouble::Auth("because".into()));
    assert_eq!(with_status("403 Forbidden", JSON, said).await, Trouble::Forbidden("because".into()));
    assert_eq!(with_status("409 Conflict", JSON, said).await, Trouble::Said(Fault::Conflict("because".into())));
    let html = with_status("502 Bad Gateway", "content-type: text/html\r\n", "<h1>no</h1>").await;
    assert!(matches!(&html, Trouble::Server { why, .. } if why.contains("502 Bad Gateway") && !why.contains("<h1>")), "{html:?}");
    let busy = with_status("503 Service Unavailable", "retry-after: 9\r\n", "").await;
    assert_eq!(busy.floor(), Some(Millis::secs(9)));
}

#[tokio::test]
async fn how_long_to_wait_after_a_429_is_taken_from_the_answer() {
    assert_eq!(with_status("429 Too Many", "retry-after: 7\r\n", "").await, Trouble::Limited(Millis::secs(7)));
    assert_eq!(with_status("429 Too Many", "", "").await, Trouble::Limited(Millis::secs(30)));
    assert_eq!(with_status("429 Too Many", "retry-after: soon\r\n", "").await, Trouble::Limited(Millis::secs(30)));
    let past = with_status("429 Too Many", "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "").await;
    assert_eq!(past, Trouble::Limited(Millis(0)));
}

#[tokio::test]
async fn an_answer_cut_at_any_byte_is_never_taken_for_a_shorter_one() {
    let next = Arc::new(AtomicUsize::new(0));
    let cut = Arc::clone(&next);
    let fake = Fake::start(move |_, _| json(&WHOLE[..cut.load(Ordering::SeqCst)])).await;
    let client = client(&fake.url);
    for at in (0..WHOLE.len()).step_by(3) {
        next.store(at, Ordering::SeqCst);
        let outcome = client.snapshot().await;
        assert!(matches!(outcome, Err(Trouble::Protocol(_))), "cut at {at}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_body_shorter_than_it_was_said_to_be_is_a_cut_connection() {
    let bytes = format!("HTTP/1.1 200 OK\r\n{JSON}content-length: 9999\r\n\r\n{WHOLE}").into_bytes();
    let (outcome, fake) = snapshot_of(Act::Say(bytes)).await;
    assert!(matches!(&outcome, Err(Trouble::Offline { sent: true, why }) if why.contains("cut")), "{outcome:?}");
    assert_eq!(fake.requests().len(), 2, "a read is asked for once more");
}

#[tokio::test]
async fn a_page_instead_of_json_is_named_and_not_parsed() {
    let page = with_status("200 OK", "content-type: text/html\r\n", WHOLE).await;
    assert!(matches!(&page, Trouble::Protocol(why) if why.contains("text/html")), "{page:?}");
    let none = with_status("200 OK", "", WHOLE).await;
    assert!(matches!(none, Trouble::Protocol(_)));
}

#[tokio::test]
async fn an_answer_over_32_mib_is_given_up_whether_announced_or_streamed() {
    let announced = format!("HTTP/1.1 200 OK\r\n{JSON}content-length: {}\r\n\r\n", 32 * 1024 * 1024 + 1).into_bytes();
    let (outcome, _fake) = snapshot_of(Act::Say(announced)).await;
    assert!(matches!(&outcome, Err(Trouble::Protocol(why)) if why.contains("32 MiB")), "{outcome:?}");
    let head = format!("HTTP/1.1 200 OK\r\n{JSON}transfer-encoding: chunked\r\n\r\n").into_bytes();
    let mut chunk = format!("{:x}\r\n", 1 << 20).into_bytes();
    chunk.extend(std::iter::repeat_n(b' ', 1 << 20));
    chunk.extend(b"\r\n");
    let fake = Fake::start(move |_, _| Act::Drip(head.clone(), chunk.clone(), Duration::ZERO)).await;
    let patience = Patience { whole: Duration::from_mins(1), between: Duration::from_secs(10), ..brisk() };
    let outcome = Client::patient(endpoint(&fake.url), patience).snapshot().await;
    assert!(matches!(&outcome, Err(Trouble::Protocol(why)) if why.contains("32 MiB")), "{outcome:?}");
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed_and_the_token_stays_here() {
    let other = Fake::start(|_, _| json(WHOLE)).await;
    let to = other.url.clone();
    let fake =
        Fake::start(move |_, _| Act::Say(answer("307 Temporary Redirect", &format!("location: {to}/api/v1/snapshot\r\n"), ""))).await;
    let outcome = client(&fake.url).snapshot().await;
    assert!(matches!(&outcome, Err(Trouble::Protocol(why)) if why.contains("not followed")), "{outcome:?}");
    assert!(other.requests().is_empty(), "nothing reached the other host");
}

#[tokio::test]
async fn a_read_follows_redirects_at_home_up_to_three_and_a_write_none() {
    let fake = Fake::start(|index, request| match index {
        0 | 1 => Act::Say(answer("302 Found", "location: /api/v1/elsewhere\r\n", "")),
        _ if request.starts_with("GET /api/v1/elsewhere") => json(WHOLE),
        _ => Act::Close,
    })
    .await;
    assert!(client(&fake.url).snapshot().await.is_ok());
    let circle = Fake::start(|_, _| Act::Say(answer("302 Found", "location: /api/v1/snapshot\r\n", ""))).await;
    assert!(matches!(client(&circle.url).snapshot().await, Err(Trouble::Protocol(_))));
    assert_eq!(circle.requests().len(), 4);
    let deploy = Request::Restart { service: ServiceId::new("svc") };
    let outcome = client(&circle.url).ask(&deploy, "cli", None).await;
    assert!(matches!(&outcome, Err(Fault::Protocol(_))), "{outcome:?}");
    assert_eq!(circle.requests().len(), 5, "a write is not sent on");
}

#[tokio::test]
async fn servers_that_trickle_or_never_begin_are_given_up_in_time() {
    let start = Instant::now();
    let (outcome, _fake) = snapshot_of(Act::Hang).await;
    assert!(matches!(outcome, Err(Trouble::Offline { sent: true, .. })), "{outcome:?}");
    let head = format!("HTTP/1.1 200 OK\r\n{JSON}content-length: 99999\r\n\r\n").into_bytes();
    let (outcome, _fake) = snapshot_of(Act::Drip(head, b" ".to_vec(), Duration::from_millis(50))).await;
    assert!(matches!(outcome, Err(Trouble::Offline { sent: true, .. })), "{outcome:?}");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_refused_connection_says_so() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let outcome = client(&url).me().await;
    assert!(matches!(&outcome, Err(Trouble::Offline { sent: false, why }) if why.contains("nothing listens there")), "{outcome:?}");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_sent_again_and_done_once() {
    let live = Live::start().await;
    let request = Request::Restart { service: ServiceId::new("svc/../../x?y") };
    let outcome = client(&live.url).ask(&request, "cli", None).await;
    assert_eq!(outcome, Ok(Answer::Done { text: "deploying".into(), object: None }));
    assert_eq!(live.deploys.lock().unwrap().len(), 1, "one key, one deed");
}

#[tokio::test]
async fn a_refused_token_is_read_anew_once_and_never_tried_without_end() {
    let known = |request: &str| header(request, "authorization") == Some("Bearer new");
    let fake = Fake::start(move |_, request| {
        if known(request) { json(r#"{"success":true,"data":{},"message":null}"#) } else { Act::Say(answer("401 Unauthorized", "", "")) }
    })
    .await;
    let outcome = client(&fake.url).me().await;
    assert!(matches!(outcome, Err(Trouble::Auth(_))), "{outcome:?}");
    assert_eq!(fake.requests().len(), 1, "there is no other token to try");

    let folder = tempfile::tempdir().unwrap();
    let (file, token) = (folder.path().join("platform.json"), folder.path().join("token"));
    std::fs::write(&file, serde_json::json!({ "url": fake.url, "token_file": token, "pid": 1 }).to_string()).unwrap();
    std::fs::write(&token, "old").unwrap();
    let client = Client::patient(Endpoint::from_platform_file(&file).unwrap(), brisk());
    std::fs::write(&token, "new\n").unwrap();
    assert!(client.me().await.is_ok());
    assert_eq!(fake.requests().len(), 3, "refused with the old one, taken with the new one");
    std::fs::write(&token, "worse").unwrap();
    assert!(client.me().await.is_ok(), "the token that works is kept");
    let other = Client::patient(Endpoint::from_platform_file(&file).unwrap(), brisk());
    std::fs::write(&token, "worst").unwrap();
    assert!(matches!(other.me().await, Err(Trouble::Auth(_))));
    assert_eq!(fake.requests().len(), 6, "once more, not for ever");
}

#[test]
fn addresses_that_would_give_the_token_away_are_refused() {
    let no = |url: &str| Endpoint::new(url, None).unwrap_err();
    assert!(matches!(no("http://example.org"), NoEndpoint::Plain(_)));
    assert!(matches!(no("http://127.0.0.1.example.org"), NoEndpoint::Plain(_)));
    assert!(matches!(no("https://u:p@example.org"), NoEndpoint::Password));
    assert!(matches!(no("ftp://example.org"), NoEndpoint::Address(..)));
    assert!(matches!(no("nonsense"), NoEndpoint::Address(..)));
    for good in ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1", "https://example.org/base/"] {
        assert!(Endpoint::new(good, None).is_ok(), "{good}");
    }
    let shown = format!("{:?}", endpoint("http://127.0.0.1:1"));
    assert!(!shown.contains("c4nary"), "{shown}");
}
