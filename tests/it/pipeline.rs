//! The pipeline on real repositories: what goes live, what does not and why, and what is left afterwards.

use std::time::Duration;

use trackside::model::deploy::DeployStatus;
use trackside::model::project::Role;
use trackside::model::request::{NewProject, Request};
use trackside::model::service::{Health, ReplicaState, ServiceKind};
use trackside::model::time::Millis;

use crate::site::{Site, commit, get, no_process, processes, repository, serving};

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_goes_live_a_failing_build_keeps_it_and_a_rollback_brings_it_back() {
    let mut site = Site::new().await;
    let id = site.service_of("web", None, &[("trackside.toml", &serving("echo built")), ("index.html", "one")]).await;
    let first = site.live(&id).await;
    let service = site.service_is(&id, "live", |it| it.health == Health::Live && it.url.is_some()).await;
    let url = service.url.unwrap().to_string();
    assert_eq!(get(&url, "/").await.unwrap(), (200, "one".to_owned()));

    commit(&site.repo("web"), &[("trackside.toml", &serving("echo about to fail; exit 3")), ("index.html", "two")]);
    let bad = site.deploy(&id).await;
    let bad = site.ended(&bad).await;
    assert_eq!(bad.status, DeployStatus::Failed);
    let why = bad.error.unwrap().to_string();
    assert!(why.contains("exited with 3") && why.contains("about to fail"), "{why}");
    assert_eq!(get(&url, "/").await.unwrap(), (200, "one".to_owned()));
    let service = site.service_is(&id, "live on the old one", |it| it.health == Health::Live).await;
    assert_eq!(service.live, Some(first.clone()));
    assert!(service.reason.unwrap().contains("still serves"));

    commit(&site.repo("web"), &[("trackside.toml", &serving("true"))]);
    site.live(&id).await;
    assert_eq!(get(&url, "/").await.unwrap(), (200, "two".to_owned()));

    let back = site.deployment_of(Request::Rollback { service: id.clone(), to: first.clone() }).await;
    let back = site.ended(&back).await;
    assert_eq!((back.status, back.rollback_of), (DeployStatus::Success, Some(first)));
    assert_eq!(get(&url, "/").await.unwrap(), (200, "one".to_owned()));

    let data = site.data();
    site.stop().await;
    no_process(&data.to_string_lossy()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_of_a_service_that_nobody_serves_are_told_why() {
    let mut site = Site::new().await;
    let id = site.service_of("web", None, &[("trackside.toml", &serving("true")), ("index.html", "one")]).await;
    site.live(&id).await;
    let url = site.service_is(&id, "live", |it| it.up() == 1 && it.url.is_some()).await.url.unwrap();
    site.ask(Request::Scale { service: id.clone(), replicas: 0 }).await.unwrap();
    site.service_is(&id, "asleep", |it| it.health == Health::Sleeping).await;
    let told = (503, "503: shop/web has no replica that serves: scaled to no replicas\n".to_owned());
    assert_eq!(get(&url, "/").await.unwrap(), told);
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_take_effect_with_the_next_deployment_and_a_rollback_runs_with_those_it_had() {
    let mut site = Site::new().await;
    // What a run was given is written down by the run itself.
    let toml = format!("kind = \"web\"\nstart = \"echo $MODE >mode; exec '{}' static-files .\"", crate::site::binary().display());
    repository(&site.repo("web"), &[("trackside.toml", &toml), ("index.html", "x")]);
    let id = site.service("web", |it| it.variables = vec![("MODE".to_owned(), "one".to_owned())]).await;
    let first = site.live(&id).await;
    let before = site.service_is(&id, "live", |it| it.up() == 1 && it.url.is_some()).await;
    let url = before.url.clone().unwrap();
    let variables = vec![("MODE".to_owned(), Some("two".to_owned()))];
    site.ask(Request::SetVariables { service: id.clone(), variables }).await.unwrap();

    let pid = before.replicas[0].pid.unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    site.service_is(&id, "up again after its crash", |it| it.up() == 1 && it.replicas[0].restarts == 1).await;
    assert_eq!(get(&url, "/mode").await.unwrap(), (200, "one\n".to_owned()));
    site.ask(Request::Restart { service: id.clone() }).await.unwrap();
    site.service_is(&id, "restarted", |it| it.replicas.len() == 1 && it.up() == 1 && it.replicas[0].restarts == 0).await;
    assert_eq!(get(&url, "/mode").await.unwrap(), (200, "one\n".to_owned()));

    let second = site.live(&id).await;
    assert_eq!(get(&url, "/mode").await.unwrap(), (200, "two\n".to_owned()));
    let back = site.deployment_of(Request::Rollback { service: id.clone(), to: first }).await;
    assert_eq!(site.ended(&back).await.status, DeployStatus::Success);
    assert_eq!(get(&url, "/mode").await.unwrap(), (200, "one\n".to_owned()));

    // What was set is still what the next deployment gets.
    let again = site.deployment_of(Request::Redeploy { deployment: second }).await;
    assert_eq!(site.ended(&again).await.status, DeployStatus::Success);
    assert_eq!(get(&url, "/mode").await.unwrap(), (200, "two\n".to_owned()));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_calls_has_no_address_and_what_becomes_a_website_gets_one() {
    let mut site = Site::new().await;
    let worker = ("trackside.toml", "kind = \"worker\"\nstart = \"exec sleep 7770\"");
    let id = site.service_of("jobs", None, &[worker]).await;
    let taken = site.service_is(&id, "taken for a website", |it| it.url.is_some()).await.url.unwrap();
    let dep = site.live(&id).await;
    let service = site.service_is(&id, "a worker", |it| it.kind == ServiceKind::Worker).await;
    assert_eq!((service.url, site.ended(&dep).await.url), (None, None));
    assert!(get(&taken, "/").await.is_err(), "nobody listens there any more");

    commit(&site.repo("jobs"), &[("trackside.toml", &serving("true")), ("index.html", "now a website")]);
    let dep = site.live(&id).await;
    let url = site.service_is(&id, "a website", |it| it.kind == ServiceKind::Web && it.url.is_some()).await.url.unwrap();
    assert_eq!(get(&url, "/").await.unwrap(), (200, "now a website".to_owned()));
    assert_eq!(site.ended(&dep).await.url, Some(url));

    // One that fails leaves what serves as it is, its kind included.
    commit(&site.repo("jobs"), &[("trackside.toml", "kind = \"worker\"\nstart = \"exit 3\"")]);
    let bad = site.deploy(&id).await;
    assert_eq!(site.ended(&bad).await.status, DeployStatus::Failed);
    let service = site.service_is(&id, "live on the website", |it| it.health == Health::Live).await;
    assert!(service.kind == ServiceKind::Web && service.url.is_some());
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_is_cancelled_in_the_middle_and_nothing_of_it_stays() {
    let mut site = Site::new().await;
    let id = site.service_of("web", None, &[("trackside.toml", &serving("sleep 7771"))]).await;
    let dep = site.deploy(&id).await;
    site.until("building", |_| (!processes("sleep 7771").is_empty()).then_some(())).await;
    let waiting = site.deploy(&id).await;
    site.ask(Request::Cancel { deployment: dep.clone() }).await.unwrap();
    let it = site.ended(&dep).await;
    assert_eq!(it.status, DeployStatus::Cancelled);
    // The next in the queue begins only once the first is really over.
    site.until("the next one", |world| {
        world.snapshot.deployments.iter().find(|it| it.id == waiting && it.status == DeployStatus::Building).map(|_| ())
    })
    .await;
    site.ask(Request::Cancel { deployment: waiting.clone() }).await.unwrap();
    assert!(site.refused(Request::Cancel { deployment: waiting }).await.contains("has ended"));
    no_process("sleep 7771").await;
    let gone = site.data().join("releases").join(id.as_str()).join(dep.as_str());
    site.until("its folder to go", |_| (!gone.exists()).then_some(())).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_and_a_deploy_under_load_drop_no_request() {
    let mut site = Site::new().await;
    repository(&site.repo("web"), &[("trackside.toml", &serving("true")), ("index.html", "one")]);
    let id = site.service("web", |it| it.replicas = Some(2)).await;
    site.live(&id).await;
    let before = site.service_is(&id, "two replicas", |it| it.up() == 2 && it.replicas.len() == 2).await;
    let url = before.url.clone().unwrap().to_string();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (url, stopped) = (url.clone(), stopped.clone());
            tokio::spawn(async move {
                let mut count = 0_u32;
                while !*stopped.borrow() {
                    let (status, _) = get(&url, "/").await.expect("a request was dropped");
                    assert_eq!(status, 200);
                    count += 1;
                }
                count
            })
        })
        .collect();
    site.ask(Request::Restart { service: id.clone() }).await.unwrap();
    let old: Vec<_> = before.replicas.iter().map(|it| it.pid).collect();
    let renewed = |it: &trackside::model::service::Service| {
        it.up() == 2 && it.replicas.len() == 2 && it.replicas.iter().all(|it| !old.contains(&it.pid))
    };
    site.service_is(&id, "both renewed", renewed).await;
    commit(&site.repo("web"), &[("index.html", "two")]);
    site.live(&id).await;
    site.service_is(&id, "the old ones gone", |it| it.replicas.len() == 2).await;
    stop.send(true).unwrap();
    for task in load {
        assert!(task.await.unwrap() > 0);
    }
    assert_eq!(get(&url, "/").await.unwrap().1, "two");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_crashes_again_and_again_is_said_to_and_started_again() {
    let mut site = Site::with(|it| it.rules.crash_exits = 2).await;
    let toml = "kind = \"worker\"\nstart = \"sleep 1.3; echo lost the queue; exit 4\"";
    let id = site.service_of("queue", Some(ServiceKind::Worker), &[("trackside.toml", toml)]).await;
    let dep = site.live(&id).await;
    let service = site.service_is(&id, "a crash loop", |it| it.health == Health::CrashLoop).await;
    assert!(service.reason.as_ref().unwrap().contains("exited with 4"), "{service:?}");
    let crashed = |world: &trackside::local::core::World| {
        world.snapshot.deployments.iter().any(|it| it.id == dep && it.status == DeployStatus::Crashed)
    };
    site.until("crashed", |world| crashed(world).then_some(())).await;
    site.service_is(&id, "another try", |it| it.replicas.iter().any(|it| it.restarts >= 2)).await;
    site.ask(Request::Stop { service: id.clone() }).await.unwrap();
    site.service_is(&id, "stopped", |it| it.health == Health::Stopped && it.replicas.is_empty()).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_exits_at_once_or_never_listens_fails_with_the_reason() {
    let mut site = Site::with(|it| it.health_timeout = Millis::secs(2)).await;
    let exits = site.service_of("exits", None, &[("trackside.toml", "start = \"echo no config; exit 3\"")]).await;
    let deaf = site.service_of("deaf", None, &[("trackside.toml", "start = \"exec sleep 7772\"")]).await;
    let (exits, deaf) = (site.deploy(&exits).await, site.deploy(&deaf).await);
    let why = site.ended(&exits).await.error.unwrap().to_string();
    assert!(why.starts_with("exited with 3 before it listened") && why.contains("no config"), "{why}");
    let why = site.ended(&deaf).await.error.unwrap().to_string();
    assert!(why.contains("did not listen on") && why.contains("within 2s"), "{why}");
    no_process("sleep 7772").await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_that_ignores_term_and_a_child_that_left_the_session_end_all_the_same() {
    let mut site = Site::new().await;
    let toml = "kind = \"worker\"\nstart = \"trap '' TERM; setsid sleep 7773 & setsid sh -c 'trap \\\"\\\" TERM; sleep 7774; sleep 7774' & while :; do sleep 7775; done\"";
    let id = site.service_of("stubborn", Some(ServiceKind::Worker), &[("trackside.toml", toml)]).await;
    site.live(&id).await;
    for sleep in ["sleep 7773", "sleep 7774", "sleep 7775"] {
        site.until(sleep, |_| (!processes(sleep).is_empty()).then_some(())).await;
    }
    site.ask(Request::Stop { service: id.clone() }).await.unwrap();
    site.service_is(&id, "all gone", |it| it.replicas.is_empty()).await;
    for sleep in ["sleep 7773", "sleep 7774", "sleep 7775"] {
        no_process(sleep).await;
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_that_cannot_be_cloned_say_why() {
    let mut site = Site::new().await;
    std::fs::create_dir_all(site.repo("empty")).unwrap();
    crate::site::git(&site.repo("empty"), &["init", "--quiet"]);
    std::fs::create_dir_all(site.repo("plain")).unwrap();
    repository(&site.repo("branches"), &[("index.html", "x")]);
    let mut ids = Vec::new();
    for (name, branch, part) in [
        ("empty", None, "is empty"),
        ("plain", None, "there is no git repository"),
        ("missing", None, "there is no git repository"),
        ("branches", Some("mian"), "no branch `mian`; there is main"),
    ] {
        let id = site.service(name, |it| it.branch = branch.map(str::to_owned)).await;
        ids.push((site.deploy(&id).await, part));
    }
    for (id, part) in ids {
        let it = site.ended(&id).await;
        let why = it.error.unwrap().to_string();
        assert!(it.status == DeployStatus::Failed && why.contains(part), "{why}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_forks_without_end_or_prints_no_text_leaves_the_platform_healthy() {
    let mut site = Site::new().await;
    let id = site.service_of("noise", None, &[("trackside.toml", &serving("printf 'a\\\\377b\\\\n'; exit 1"))]).await;
    let dep = site.deploy(&id).await;
    let why = site.ended(&dep).await.error.unwrap().to_string();
    assert!(why.contains("a\\xFFb"), "{why}");
    let bomb = "i=0; while [ $i -lt 1200 ]; do sleep 7776 & i=$((i+1)); done; wait";
    let id = site.service_of("bomb", None, &[("trackside.toml", &serving(bomb))]).await;
    let dep = site.deploy(&id).await;
    let why = site.ended(&dep).await.error.unwrap().to_string();
    assert!(why.contains("more than 1000 processes"), "{why}");
    no_process("sleep 7776").await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_make_no_sense_are_refused_in_words() {
    let mut site = Site::new().await;
    let id = site.service_of("web", None, &[("index.html", "x")]).await;
    let again = NewProject { name: "shop".to_owned(), ..NewProject::default() };
    assert_eq!(site.refused(Request::CreateProject(again)).await, "there is a project `shop` already");
    assert!(
        site.refused(Request::CreateProject(NewProject { name: "Shop!".to_owned(), ..NewProject::default() })).await.contains("lower-case")
    );
    assert!(site.refused(Request::Restart { service: id.clone() }).await.contains("never been live"));
    assert!(site.refused(Request::Stop { service: id.clone() }).await.contains("does not run"));
    assert!(site.refused(Request::Scale { service: id.clone(), replicas: 1000 }).await.contains("the most are 32"));
    let variables = vec![("PORT".to_owned(), Some("1".to_owned()))];
    assert!(site.refused(Request::SetVariables { service: id.clone(), variables }).await.contains("set by the platform"));
    assert!(site.refused(Request::Deploy { service: id.clone(), branch: Some("-x".to_owned()), commit: None }).await.contains("branch"));
    let viewer = site.ask_as(Role::Viewer, Request::Deploy { service: id.clone(), branch: None, commit: None }).await;
    assert!(format!("{viewer:?}").contains("a viewer may look"));
    site.live(&id).await;
    let project = site.project().await;
    assert!(site.refused(Request::RemoveProject(project.clone())).await.contains("still has services (web)"));
    site.ask(Request::RemoveService(id.clone())).await.unwrap();
    let folder = site.data().join("releases").join(id.as_str());
    site.until("its releases to go", |_| (!folder.exists()).then_some(())).await;
    site.ask(Request::RemoveProject(project)).await.unwrap();
    assert!(site.platform().handle().world().snapshot.audit.len() >= 5);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_scales_up_and_down_while_it_serves() {
    let mut site = Site::new().await;
    let id = site.service_of("web", None, &[("index.html", "x")]).await;
    site.live(&id).await;
    let kind = site.service_is(&id, "live", |it| it.health == Health::Live).await.kind;
    assert_eq!(kind, ServiceKind::Static);
    site.ask(Request::Scale { service: id.clone(), replicas: 3 }).await.unwrap();
    site.service_is(&id, "three", |it| it.up() == 3).await;
    site.ask(Request::Scale { service: id.clone(), replicas: 1 }).await.unwrap();
    let service =
        site.service_is(&id, "one", |it| it.replicas.len() == 1 && it.replicas[0].state == ReplicaState::Up && it.url.is_some()).await;
    assert_eq!(get(&service.url.unwrap(), "/").await.unwrap().0, 200);
    tokio::time::timeout(Duration::from_secs(30), site.stop()).await.expect("stopping takes too long");
}
