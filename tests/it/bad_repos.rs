//! Repositories that would harm the platform: none of their code runs at the clone, and each failure says what to do.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use trackside::model::deploy::DeployStatus;
use trackside::model::service::ServiceKind;

use crate::site::{Site, get, git, plain, repository};

/// A hook, a filter or a helper: leaves a sign that it ran.
fn trap(file: &Path, sign: &Path) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, format!("#!/bin/sh\ntouch '{}'\ncat\n", sign.display())).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hook_filter_helper_or_submodule_of_a_repository_runs_and_the_log_says_what_is_left_out() {
    // Without a sandbox, in which what was sprung would leave no sign.
    let mut site = Site::with(plain).await;
    let (repo, sign) = (site.repo("trap"), site.repo("it-ran"));
    let command = site.repo("command");
    trap(&command, &sign);
    let modules = "[submodule \"m\"]\n\tpath = m\n\turl = https://example.org/m.git\n";
    let files = [("index.html", "quiet"), (".gitattributes", "*.txt filter=trap\n"), ("a.txt", "a"), (".gitmodules", modules)];
    repository(&repo, &files);
    for hook in ["post-checkout", "post-merge", "pre-auto-gc", "reference-transaction", "post-index-change", "pre-receive", "update"] {
        trap(&repo.join(".git/hooks").join(hook), &sign);
    }
    let command = command.to_str().unwrap();
    for key in ["core.fsmonitor", "core.sshCommand", "core.alternateRefsCommand", "core.pager", "core.editor", "uploadpack.packObjectsHook"]
    {
        git(&repo, &["config", key, command]);
    }
    for key in ["filter.trap.smudge", "filter.trap.clean", "filter.trap.process", "credential.helper", "gpg.program", "diff.external"] {
        git(&repo, &["config", key, command]);
    }
    // The traps work: git in the repository itself springs them.
    git(&repo, &["checkout", "--quiet", "-b", "other"]);
    assert!(sign.exists(), "a trap that cannot be sprung proves nothing");
    std::fs::remove_file(&sign).unwrap();

    let id = site.service("trap", |it| it.branch = Some("main".to_owned())).await;
    site.live(&id).await;
    assert!(!sign.exists(), "code of the repository ran at the clone");
    let service = site.service_is(&id, "an address", |it| it.kind == ServiceKind::Static && it.url.is_some()).await;
    assert_eq!(get(&service.url.unwrap(), "/").await.unwrap(), (200, "quiet".to_owned()));
    site.logs("submodules; they are not fetched").await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_whose_submodule_is_a_command_is_refused_and_the_reason_is_gits_own() {
    let mut site = Site::with(plain).await;
    let sign = site.repo("it-ran");
    let modules = format!("[submodule \"m\"]\n\tpath = m\n\turl = https://example.org/m\n\tupdate = !touch {}\n", sign.display());
    let id = site.service_of("trap", None, &[("index.html", "x"), (".gitmodules", &modules)]).await;
    let dep = site.deploy(&id).await;
    let it = site.ended(&dep).await;
    let why = it.error.unwrap().to_string();
    assert!(it.status == DeployStatus::Failed && why.contains("unsafe") && why.contains("submodule update"), "{why}");
    assert!(!sign.exists());
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_out_of_the_repository_is_not_served() {
    let mut site = Site::new().await;
    let (repo, secret) = (site.repo("links"), site.repo("secret"));
    std::fs::write(&secret, "not for the world").unwrap();
    std::fs::create_dir_all(&repo).unwrap();
    std::os::unix::fs::symlink(&secret, repo.join("out.txt")).unwrap();
    std::os::unix::fs::symlink("/etc", repo.join("etc")).unwrap();
    repository(&repo, &[("index.html", "in")]);
    let id = site.service("links", |_| ()).await;
    site.live(&id).await;
    let url = site.service_is(&id, "an address", |it| it.url.is_some()).await.url.unwrap();
    for path in ["/out.txt", "/etc/passwd", "/../secret", "/%2e%2e/secret"] {
        let (status, body) = get(&url, path).await.unwrap();
        assert!(status >= 400 && !body.contains("not for the world") && !body.contains("root:"), "{path}: {status} {body}");
    }
    assert_eq!(get(&url, "/").await.unwrap(), (200, "in".to_owned()));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_commands_or_carry_a_password_are_refused_before_anything_starts() {
    let mut site = Site::new().await;
    let project = site.project().await;
    for url in [
        "ext::sh -c 'touch it-ran'",
        "-uhttps://example.org/x.git",
        "--upload-pack=touch it-ran",
        "ssh://-oProxyCommand=touch/x",
        "git@-oProxyCommand=touch:x",
        "https://maya:hunter2@example.org/x.git",
        "https://example.org/x.git\nfatal",
        "https://example.org/\u{1b}]0;x\u{7}",
        "fd::17",
        "http://example.org/x.git",
        "",
    ] {
        let new = trackside::model::request::NewService::new(project.clone(), "bad", url);
        let why = site.refused(trackside::model::request::Request::CreateService(Box::new(new))).await;
        assert!(!why.chars().any(char::is_control) && !why.contains("hunter2"), "{url:?}: {why:?}");
    }
    assert!(site.platform().handle().world().snapshot.services.is_empty());
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_behind_a_certificate_nobody_knows_fails_at_once_with_the_reason() {
    let secure = crate::source_tls::Secure::start(&crate::source_tls::Leaf::usual("localhost")).await;
    let mut site = Site::new().await;
    let address = format!("{}/x.git", secure.url);
    let id = site.service("private", |it| it.repo = address).await;
    let dep = site.deploy(&id).await;
    let it = site.ended(&dep).await;
    let why = it.error.unwrap().to_string();
    assert!(it.status == DeployStatus::Failed && why.contains("certificate") && why.contains("not trusted"), "{why}");
    assert!(secure.heard().is_empty());
    site.stop().await;
}
