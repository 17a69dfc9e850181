//! Tokens with roles, on the real platform: made, used, revoked, ended; and the client that lives on one.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite;
use trackside::local::platform::Platform;
use trackside::local::port::Setup;
use trackside::model::event::Event;
use trackside::model::ids::SourceId;
use trackside::model::link::Link;
use trackside::model::project::Role;
use trackside::model::request::{Fault, NewProject, NewToken, Request};
use trackside::model::time::Millis;
use trackside::platform::endpoint::Endpoint;
use trackside::platform::patience::Patience;
use trackside::platform::port::Source as _;
use trackside::platform::sink::Sink;
use trackside::platform::trackside::client::Client;
use trackside::platform::trackside::source::Trackside;
use trackside::platform::trouble::Trouble;
use trackside::wire::stream::ServerFrame;
use trackside::wire::tokens::TokenMade;

use super::watch::{Ended, Watcher};

struct House {
    platform: Platform,
    data: tempfile::TempDir,
}

impl House {
    async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        Self { platform: platform(data.path()).await, data }
    }

    async fn restart(self) -> Self {
        let Self { platform: old, data } = self;
        old.stop().await;
        Self { platform: platform(data.path()).await, data }
    }

    fn owner(&self) -> Client {
        self.client(self.platform.token().expose_secret())
    }

    fn client(&self, secret: &str) -> Client {
        Client::new(Endpoint::new(self.platform.url(), Some(SecretString::from(secret))).unwrap())
    }

    async fn make(&self, name: &str, role: Role, life: Option<Millis>) -> String {
        made(&self.owner(), name, role, life).await.unwrap().secret.unwrap()
    }

    async fn revoke(&self, name: &str) {
        self.owner().ask(&Request::RevokeToken(name.to_owned()), "cli", None).await.unwrap();
    }

    /// A stream with this token, greeted and asking for the state.
    async fn stream(&self, secret: &str) -> Result<Watcher, tungstenite::Error> {
        let port = self.platform.url().rsplit(':').next().unwrap().parse().unwrap();
        let mut watcher = Watcher::at(port, secret, Some("trackside.v1")).await?;
        watcher.state(1, None).await;
        watcher.until(|frame| matches!(frame, ServerFrame::Hello(_)).then_some(())).await;
        Ok(watcher)
    }
}

async fn platform(data: &std::path::Path) -> Platform {
    Platform::start(Setup::new(data, PathBuf::from(env!("CARGO_BIN_EXE_trackside")))).await.unwrap()
}

async fn made(by: &Client, name: &str, role: Role, expires_in: Option<Millis>) -> Result<TokenMade, Trouble> {
    by.create_token(&NewToken { name: name.to_owned(), role, expires_in }, "cli").await
}

fn project(name: &str) -> Request {
    Request::CreateProject(NewProject { name: name.to_owned(), environment: None, production: false })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_opens_nothing_and_its_open_stream_ends_with_4401() {
    let house = House::start().await;
    let secret = house.make("ci", Role::Developer, None).await;
    let ci = house.client(&secret);
    let caps = ci.me().await.unwrap();
    assert_eq!((&*caps.user, caps.role), ("ci", Some(Role::Developer)));
    assert!(matches!(ci.ask(&project("shop"), "cli", None).await, Err(Fault::Forbidden(_))));
    let (mut theirs, mut other) =
        (house.stream(&secret).await.unwrap(), house.stream(house.platform.token().expose_secret()).await.unwrap());
    house.revoke("ci").await;
    let (frames, ended) = theirs.rest().await;
    assert_eq!(ended, Ended::Closed(4401));
    let Some(ServerFrame::Bye { code: 4401, reason, .. }) = frames.last() else { panic!("{frames:?}") };
    assert_eq!(&**reason, "the token ci was revoked");
    assert!(matches!(ci.me().await, Err(Trouble::Auth(_))));
    assert!(matches!(house.stream(&secret).await, Err(tungstenite::Error::Http(answer)) if answer.status() == 401));
    other.say(r#"{"t":"ping","id":7}"#).await;
    other.until(|frame| matches!(frame, ServerFrame::Pong { id: 7, .. }).then_some(())).await;
    house.platform.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_by_itself_is_announced_first_and_then_ends_its_stream() {
    let house = House::start().await;
    let secret = house.make("guest", Role::Viewer, Some(Millis::secs(2))).await;
    let mut stream = house.stream(&secret).await.unwrap();
    let (frames, ended) = stream.rest().await;
    assert_eq!(ended, Ended::Closed(4401));
    let told = frames.iter().find_map(|it| if let ServerFrame::AuthExpiring { in_ms } = it { Some(*in_ms) } else { None });
    assert!(told.is_some_and(|it| it <= 2000), "{frames:?}");
    assert!(matches!(frames.last(), Some(ServerFrame::Bye { code: 4401, reason, .. }) if reason.contains("has ended")), "{frames:?}");
    let Err(Trouble::Auth(why)) = house.client(&secret).me().await else { panic!("it has ended") };
    assert!(why.contains("the token guest ended"), "{why}");
    let again = house.make("guest", Role::Viewer, None).await;
    assert!(house.client(&again).me().await.is_ok(), "its name is free again");
    house.platform.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hands_out_more_than_they_have_and_only_admins_hand_out_at_all() {
    let house = House::start().await;
    let secret = house.make("ada", Role::Admin, None).await;
    let ada = house.client(&secret);
    let dev = made(&ada, "dev", Role::Developer, None).await.unwrap().secret.unwrap();
    assert!(matches!(made(&ada, "boss", Role::Owner, None).await, Err(Trouble::Forbidden(_))));
    house.make("boss", Role::Owner, None).await;
    let revoked = ada.ask(&Request::RevokeToken("boss".to_owned()), "cli", None).await;
    assert!(matches!(revoked, Err(Fault::Forbidden(_))), "{revoked:?}");
    let dev = house.client(&dev);
    assert!(matches!(made(&dev, "other", Role::Viewer, None).await, Err(Trouble::Forbidden(_))));
    assert!(matches!(dev.tokens().await, Err(Trouble::Forbidden(_))));
    assert!(matches!(dev.ask(&Request::RevokeToken("ada".to_owned()), "cli", None).await, Err(Fault::Forbidden(_))));
    let wrong =
        [("Ci", Role::Viewer, None), ("owner", Role::Viewer, None), ("x", Role::read("king"), None), ("y", Role::Viewer, Some(Millis(5)))];
    for (name, role, life) in wrong {
        let refused = made(&house.owner(), name, role, life).await;
        assert!(matches!(refused, Err(Trouble::Said(Fault::Invalid(_) | Fault::Conflict(_)))), "{name}: {refused:?}");
    }
    assert!(matches!(made(&ada, "dev", Role::Viewer, None).await, Err(Trouble::Said(Fault::Conflict(_)))), "the name is taken");
    let gone = house.owner().ask(&Request::RevokeToken("nobody".to_owned()), "cli", None).await;
    assert!(matches!(gone, Err(Fault::NotFound(_))), "{gone:?}");
    let mut names: Vec<String> = ada.tokens().await.unwrap().iter().map(|it| format!("{} {}", it.name, it.role)).collect();
    names.sort();
    assert_eq!(names, ["ada admin", "boss owner", "dev developer", "owner owner"]);
    house.platform.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_secret_only_the_hash_is_kept_and_the_name_is_in_the_audit_trail() {
    let house = House::start().await;
    let http = reqwest::Client::builder().no_proxy().tls_certs_only(std::iter::empty()).build().unwrap();
    let ask = || {
        let url = format!("{}/api/v1/tokens", house.platform.url());
        let call = http.post(url).bearer_auth(house.platform.token().expose_secret()).header("idempotency-key", "one-deed");
        call.header("content-type", "application/json").body(r#"{"name":"ci","role":"admin"}"#)
    };
    let secret = |answer: serde_json::Value| answer["data"]["secret"].as_str().map(str::to_owned);
    let first = ask().send().await.unwrap();
    assert_eq!(first.status(), 201);
    let made = secret(first.json().await.unwrap()).expect("told once");
    assert_eq!(secret(ask().send().await.unwrap().json().await.unwrap()), None, "and once only");
    let ci = house.client(&made);
    ci.ask(&project("shop"), "cli", None).await.unwrap();
    let (_, all) = ci.snapshot().await.unwrap();
    let deeds: Vec<(&str, &str)> = all.audit.iter().map(|it| (&*it.by, &*it.action)).collect();
    assert!(deeds.contains(&("owner", "token.create")) && deeds.contains(&("ci", "project.create")), "{deeds:?}");
    assert!(all.teams[0].members.iter().any(|it| &*it.name == "ci" && it.role == Role::Admin), "who has a token is of the team");
    let said = serde_json::to_string(&(&all, ci.tokens().await.unwrap())).unwrap();
    assert!(!said.contains(&made) && !said.contains("hash"), "{said}");
    let house = house.restart().await;
    for entry in std::fs::read_dir(house.data.path()).unwrap().filter_map(|it| std::fs::read(it.unwrap().path()).ok()) {
        assert!(memchr::memmem::find(&entry, made.as_bytes()).is_none(), "a file holds the secret");
    }
    assert!(house.client(&made).me().await.is_ok(), "it is good after a restart");
    house.revoke("ci").await;
    let house = house.restart().await;
    assert!(matches!(house.client(&made).me().await, Err(Trouble::Auth(_))), "and revoked after one");
    house.platform.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_takes_the_new_token_from_its_file_and_is_refused_without_one() {
    let house = House::start().await;
    let file = house.data.path().join("my-token");
    let put = |secret: &str| {
        std::fs::write(&file, format!("{secret}\n")).unwrap();
        // One that others may read is not taken.
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    };
    let first = house.make("first", Role::Viewer, None).await;
    put(&first);
    let endpoint = Endpoint::new(house.platform.url(), Some(SecretString::from(first))).unwrap().with_token_file(file.clone());
    let patience = Patience { poll: Duration::from_millis(50), ..Patience::default() };
    let (_asks, questions) = mpsc::channel(8);
    let (lane, mut events) = mpsc::channel(256);
    tokio::spawn(Box::new(Trackside::patient(endpoint, patience)).run(questions, Sink::new(SourceId(0), lane)));
    let mut until = async |wanted: &dyn Fn(&Event) -> bool| {
        loop {
            let (_, event) = tokio::time::timeout(Duration::from_secs(20), events.recv()).await.expect("in time").unwrap();
            assert!(wanted(&event) || !matches!(event, Event::Link(Link::Retrying { .. })), "{event:?}");
            if wanted(&event) {
                return event;
            }
        }
    };
    let live = |it: &Event| *it == Event::Link(Link::Live);
    until(&live).await;
    house.revoke("first").await;
    let Event::Link(Link::Refused { why }) = until(&|it| matches!(it, Event::Link(Link::Refused { .. }))).await else { panic!() };
    assert!(why.contains("token"), "{why}");
    let second = house.make("second", Role::Viewer, Some(Millis::secs(3))).await;
    let third = house.make("third", Role::Viewer, None).await;
    put(&second);
    until(&|it| matches!(it, Event::Notice(text) if text.contains("ends in"))).await;
    put(&third);
    // Refused is no part of the way: the file is looked into first.
    let back =
        until(&|it| matches!(it, Event::Link(Link::Refused { .. })) || matches!(it, Event::Caps(caps) if &*caps.user == "third")).await;
    assert!(matches!(back, Event::Caps(_)), "{back:?}");
    house.platform.stop().await;
}
