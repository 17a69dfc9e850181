//! What the time axis is made of, on a platform with real repositories: what a release held, what changed, by whom, and what lies between.

use trackside::model::audit::{AuditEntry, VariableDeed};
use trackside::model::deploy::{Commit, Deployment};
use trackside::model::event::{Change, ObjectRef};
use trackside::model::ids::ServiceId;
use trackside::model::incident::Severity;
use trackside::model::project::Role;
use trackside::model::request::{NewIncident, Request};
use trackside::model::service::{Health, ServiceKind};
use trackside::model::time::Millis;

use crate::site::{Site, commit, git, repository, serving};

/// Targets of the audit trail with this action, oldest first.
async fn trail(site: &Site, action: &str) -> Vec<AuditEntry> {
    site.until("the world", |world| {
        let mut all: Vec<_> = world.snapshot.audit.iter().filter(|it| *it.action == *action).cloned().collect();
        all.sort_by_key(|it| it.at);
        Some(all)
    })
    .await
}

fn targets(all: &[AuditEntry]) -> Vec<&str> {
    all.iter().map(|it| it.target.as_str()).collect()
}

async fn web(site: &mut Site) -> ServiceId {
    repository(&site.repo("web"), &[("trackside.toml", &serving("true")), ("index.html", "one")]);
    let variables = [("MODE", "one"), ("TWIN", "one"), ("TOKEN", "hunter2-hunter2")];
    site.service("web", |it| it.variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()).await
}

fn fingerprint<'a>(it: &'a Deployment, name: &str) -> &'a str {
    &it.release.as_ref().unwrap().variables.iter().find(|it| *it.0 == *name).unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_says_what_went_out_and_never_a_value() {
    let mut site = Site::new().await;
    let id = web(&mut site).await;
    let first = site.live(&id).await;
    let first = site.ended(&first).await;
    let release = first.release.clone().unwrap();
    assert_eq!(release.replicas, 1);
    assert!(release.size.is_some_and(|it| it >= 8192), "two files and a repository: {:?}", release.size);
    assert!(release.command.clone().unwrap().contains("static-files"), "{:?}", release.command);
    assert_eq!(release.variables.len(), 3);
    assert_ne!(fingerprint(&first, "MODE"), fingerprint(&first, "TWIN"), "nobody tries values out under another name");
    assert_ne!(fingerprint(&first, "MODE"), fingerprint(&first, "TOKEN"));
    assert_eq!(fingerprint(&first, "TOKEN").len(), 12);

    let variables = vec![("MODE".to_owned(), Some("two".to_owned())), ("TWIN".to_owned(), None)];
    site.ask(Request::SetVariables { service: id.clone(), variables }).await.unwrap();
    site.ask(Request::Scale { service: id.clone(), replicas: 2 }).await.unwrap();
    let second = site.live(&id).await;
    let second = site.ended(&second).await;
    assert_eq!(second.release.as_ref().unwrap().replicas, 2);
    assert_eq!(fingerprint(&second, "TOKEN"), fingerprint(&first, "TOKEN"), "what did not change looks the same");
    assert_ne!(fingerprint(&second, "MODE"), fingerprint(&first, "MODE"));
    assert!(second.release.as_ref().unwrap().variables.iter().all(|it| *it.0 != *"TWIN"));
    let back = site.deployment_of(Request::Rollback { service: id.clone(), to: first.id.clone() }).await;
    let back = site.ended(&back).await.release.unwrap();
    assert_eq!((back.variables, back.size, back.replicas), (release.variables, release.size, 2));

    // Another service with the same value, and every word that leaves the platform.
    repository(&site.repo("api"), &[("trackside.toml", &serving("true")), ("index.html", "one")]);
    let other = site.service("api", |it| it.variables = vec![("TOKEN".to_owned(), "hunter2-hunter2".to_owned())]).await;
    let other = site.live(&other).await;
    assert_ne!(fingerprint(&site.ended(&other).await, "TOKEN"), fingerprint(&first, "TOKEN"));
    let all = serde_json::to_string(&site.client().snapshot().await.unwrap().1).unwrap();
    assert!(!all.contains("hunter2"), "a value of a variable left the platform");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changed_which_variable_is_remembered_and_every_change_is_in_the_trail() {
    let mut site = Site::new().await;
    let id = web(&mut site).await;
    site.live(&id).await;
    let set = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
    let variables = vec![set("MODE", Some("two")), set("NEW", Some("x")), set("TWIN", None), set("TOKEN", Some("hunter2-hunter2"))];
    site.ask(Request::SetVariables { service: id.clone(), variables }).await.unwrap();
    let changes = site.client().variable_changes(&id).await.unwrap();
    let said: Vec<(&str, &VariableDeed)> = changes.iter().take(3).map(|it| (it.name.as_str(), &it.deed)).collect();
    // The same value again is no change.
    assert_eq!(said, [("TWIN", &VariableDeed::Unset), ("NEW", &VariableDeed::Set), ("MODE", &VariableDeed::Changed)]);
    assert_eq!(changes.len(), 6);
    assert!(changes.iter().all(|it| *it.by == *"ada"));
    assert_eq!(targets(&trail(&site, "service.variables").await), ["web: MODE, NEW, TWIN, TOKEN"]);

    site.ask(Request::Scale { service: id.clone(), replicas: 3 }).await.unwrap();
    let change = Box::new(trackside::model::request::ServiceChange { replicas: Some(1), memory: Some(1 << 30), ..Default::default() });
    site.ask(Request::ChangeService { service: id.clone(), change }).await.unwrap();
    site.service_is(&id, "one again", |it| it.up() == 1 && it.replicas.len() == 1).await;
    site.ask(Request::Restart { service: id.clone() }).await.unwrap();
    site.service_is(&id, "restarted", |it| it.replicas.len() == 1 && it.up() == 1).await;
    site.ask(Request::Stop { service: id.clone() }).await.unwrap();
    assert_eq!(targets(&trail(&site, "service.scale").await), ["web 1 → 3"]);
    assert_eq!(targets(&trail(&site, "service.change").await), ["web 3 → 1; web: memory"]);
    assert_eq!(targets(&trail(&site, "service.restart").await), ["web"]);
    assert_eq!(targets(&trail(&site, "service.stop").await), ["web"]);

    // The history stays over a restart of the platform, and goes with its service.
    site.restart().await;
    assert_eq!(site.client().variable_changes(&id).await.unwrap(), changes);
    site.ask(Request::RemoveService(id.clone())).await.unwrap();
    assert!(site.client().variable_changes(&id).await.unwrap_err().to_string().contains("no service"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loop_is_in_the_trail_with_its_first_exits_only() {
    let mut site = Site::with(|setup| setup.rules.crash_exits = 2).await;
    let files = [("trackside.toml", "kind = \"worker\"\nstart = \"sleep 4; exit 3\"")];
    let id = site.service_of("jobs", Some(ServiceKind::Worker), &files).await;
    site.live(&id).await;
    site.service_is(&id, "exited three times", |it| it.replicas.iter().any(|it| it.restarts >= 3)).await;
    let exits = trail(&site, "replica.exited").await;
    assert_eq!(targets(&exits), ["jobs.1 exited with 3", "jobs.1 exited with 3"]);
    assert!(exits.iter().all(|it| *it.by == *"platform" && it.service.as_ref() == Some(&id)));
    assert_eq!(*exits[0].result, *"restarts in 1s");
    assert!(site.service_is(&id, "in a loop", |it| it.health == Health::CrashLoop).await.reason.is_some());
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_is_declared_by_hand_once_and_only_by_those_who_may() {
    let mut site = Site::new().await;
    let id = web(&mut site).await;
    let live = site.live(&id).await;
    let new = |title: &str, severity: Severity| NewIncident {
        project: site.project.clone().unwrap(),
        service: Some(id.clone()),
        severity,
        title: title.to_owned(),
    };
    let done = site.ask(Request::Declare(new(" orders are lost ", Severity::P2))).await.unwrap();
    let Some(Change::Incident(it)) = done.object else { panic!("no incident") };
    assert_eq!(
        (&*it.title, it.severity.clone(), it.service.clone(), it.deployment.clone()),
        ("orders are lost", Severity::P2, Some(id.clone()), Some(live))
    );
    assert_eq!(it.due, Some(it.opened + Millis::hours(1)));
    assert!(it.cause.starts_with("by_hand:") && *it.timeline[0].by == *"ada");
    assert_eq!(targets(&trail(&site, "incident.declare").await), [format!("{}: orders are lost", it.id)]);

    let again = site.refused(Request::Declare(new("orders are lost", Severity::P1))).await;
    assert!(again.contains(it.id.as_str()) && again.contains("says the same"), "{again}");
    site.ask(Request::Resolve { incident: it.id.clone(), reason: None }).await.unwrap();
    let second = site.ask(Request::Declare(new("orders are lost", Severity::P1))).await.unwrap();
    let reopened = site.ask(Request::Reopen { incident: it.id.clone() }).await;
    assert!(reopened.is_ok(), "it is an incident of its own: {second:?}");

    assert!(site.refused(Request::Declare(new("  ", Severity::P1))).await.contains("needs a title"));
    assert!(site.refused(Request::Declare(new(&"x".repeat(300), Severity::P1))).await.contains("the most are 200"));
    assert!(site.refused(Request::Declare(new("x", Severity::read("p9")))).await.contains("none of P1"));
    let nowhere = NewIncident { service: None, project: "p999".into(), ..new("x", Severity::P1) };
    assert!(site.refused(Request::Declare(nowhere)).await.contains("no project"));
    let looks = site.ask_as(Role::Viewer, Request::Declare(new("x", Severity::P1))).await;
    assert!(format!("{looks:?}").contains("may look, but not change"), "{looks:?}");
    let whole = NewIncident { service: None, ..new("everything is slow", Severity::P3) };
    let done = site.client().ask(&Request::Declare(whole), "cli", None).await.unwrap();
    assert!(format!("{done:?}").contains("declared as P3"), "{done:?}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_between_two_commits_is_told_both_ways_and_a_lost_one_is_named() {
    let mut site = Site::new().await;
    let id = web(&mut site).await;
    let mut ids = vec![head(&site, &id).await];
    for n in 2..5 {
        commit(&site.repo("web"), &[("index.html", &n.to_string())]);
        ids.push(head(&site, &id).await);
    }
    let client = site.client();
    let there = client.commits(&id, &ids[0].id, &ids[3].id).await.unwrap();
    let hashes = |all: &[Commit]| all.iter().map(|it| it.id.to_string()).collect::<Vec<_>>();
    let newest_first: Vec<String> = ids[1..].iter().rev().map(|it| it.id.to_string()).collect();
    assert_eq!((hashes(&there.added), there.dropped.len(), there.more), (newest_first.clone(), 0, false));
    assert_eq!(there.added[0], ids[3]);
    let back = client.commits(&id, &ids[3].id, &ids[0].id).await.unwrap();
    assert_eq!((back.added.len(), hashes(&back.dropped)), (0, newest_first));
    let none = client.commits(&id, &ids[2].id, &ids[2].id).await.unwrap();
    assert_eq!((none.added.len(), none.dropped.len(), none.more), (0, 0, false));

    // A history longer than is told.
    for n in 0..203 {
        git(&site.repo("web"), &["commit", "--quiet", "--allow-empty", "-m", &format!("n{n}")]);
    }
    let newest = head(&site, &id).await;
    let long = client.commits(&id, &ids[3].id, &newest.id).await.unwrap();
    assert_eq!((long.added.len(), long.more, &*long.added[0].message), (200, true, "n202"));

    let invented = client.commits(&id, &"1".repeat(40), &newest.id).await.unwrap_err().to_string();
    assert!(invented.contains("no deployment of web") && invented.contains("1111111"), "{invented}");
    // A commit that was deployed, and whose branch was rewritten before anybody asked for its history.
    let other = site.service_of("other", None, &[("trackside.toml", &serving("true")), ("index.html", "1")]).await;
    let first = head(&site, &other).await;
    commit(&site.repo("other"), &[("index.html", "2")]);
    let gone = head(&site, &other).await;
    for args in
        [&["reset", "--quiet", "--hard", "HEAD~1"][..], &["reflog", "expire", "--expire=now", "--all"], &["gc", "--quiet", "--prune=now"]]
    {
        git(&site.repo("other"), args);
    }
    let lost = client.commits(&other, &gone.id, &first.id).await.unwrap_err().to_string();
    assert!(lost.contains(&format!("no longer has the commit {}", gone.short())), "{lost}");
    let short = client.commits(&id, "abc", &newest.id).await.unwrap_err().to_string();
    assert!(short.contains("full hash"), "{short}");
    site.ask(Request::RemoveService(id.clone())).await.unwrap();
    assert!(client.commits(&id, &ids[0].id, &ids[3].id).await.unwrap_err().to_string().contains("no service"));
    site.stop().await;
}

/// The newest commit, by deploying it.
async fn head(site: &Site, id: &ServiceId) -> Commit {
    let dep = site.live(id).await;
    site.ended(&dep).await.commit.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_cut_off_with_the_platform_ended_when_the_platform_did() {
    let mut site = Site::new().await;
    let id = site.service_of("web", None, &[("trackside.toml", &serving("sleep 7779"))]).await;
    let dep = site.deploy(&id).await;
    site.logs("building: sleep 7779").await;
    let stopped = site.until("now", |_| Some(std::time::SystemTime::now())).await;
    site.restart().await;
    let it = site.ended(&dep).await;
    let last = it.stages.last().unwrap();
    assert_eq!(it.finished, last.ended);
    assert!(it.stages.iter().all(|it| it.ended.is_some_and(|end| end >= it.began)), "{:?}", it.stages);
    let stopped = stopped.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    assert!(it.finished.unwrap().0 <= stopped + 30_000 && it.error.unwrap().contains("the platform stopped"));
    assert!(matches!(site.ask(Request::RemoveService(id)).await.unwrap().object.map(|it| it.object()), Some(ObjectRef::Service(_))));
    site.stop().await;
}
