//! What code of a repository can reach in each sandbox this machine has: a real platform, real builds and services that try. A level that is
//! not there is skipped with the reason. Whatever is tried is bounded by itself, so that a sandbox that fails makes a red test only.

use std::path::{Path, PathBuf};

use trackside::local::cage::{Level, Sandbox, Wish};
use trackside::local::platform::{Platform, StartError};
use trackside::local::port::Setup;
use trackside::model::deploy::{DeployStatus, Deployment};
use trackside::model::ids::ServiceId;
use trackside::model::request::Request;
use trackside::model::service::{Health, ServiceKind};
use trackside::model::time::Millis;

use crate::site::{Site, binary, get, no_process, repository, serving};

const fn wish(level: Level) -> Wish {
    Wish { level: Some(level), unsandboxed: true }
}

/// The sandboxes that are to be tried here.
fn levels() -> Vec<Level> {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().canonicalize().unwrap();
    let there = |it: &Level| match Sandbox::find(&data, &binary(), wish(*it)) {
        Ok(_) => true,
        Err(why) => {
            println!("skipped: {why}");
            false
        }
    };
    [Level::Landlock, Level::Bwrap].into_iter().filter(there).collect()
}

async fn site(level: Level, change: impl FnOnce(&mut Setup)) -> Site {
    Site::with(|it| {
        it.sandbox = wish(level);
        change(it);
    })
    .await
}

/// The platform still serves a new service.
async fn is_healthy(site: &mut Site, name: &str) {
    let id = site.service_of(name, None, &[("index.html", "still here")]).await;
    site.live(&id).await;
    let url = site.service_is(&id, "live", |it| it.health == Health::Live && it.url.is_some()).await.url.unwrap();
    assert_eq!(get(&url, "/").await.unwrap(), (200, "still here".to_owned()));
}

/// Deploys a build that must fail, and gives the deployment with its reason.
async fn fails(site: &mut Site, name: &str, build: &str) -> (Deployment, String) {
    let id = site.service_of(name, None, &[("trackside.toml", &serving(build))]).await;
    let dep = site.deploy(&id).await;
    let it = site.ended(&dep).await;
    let why = it.error.clone().map(|it| it.to_string()).unwrap_or_default();
    assert_eq!(it.status, DeployStatus::Failed, "{why}");
    (it, why)
}

/// Files that are none of a repository's business.
struct Secrets {
    /// In the home of the platform's user, which goes with it.
    _home: Option<tempfile::TempDir>,
    files: Vec<PathBuf>,
}

async fn secrets(site: &mut Site) -> Secrets {
    let other = site.service_of("other", None, &[("index.html", "other"), ("private.txt", "other's")]).await;
    let dep = site.live(&other).await;
    let data = site.data();
    let release = data.join("releases").join(other.as_str()).join(dep.as_str());
    let near = site.folder.path().join("near");
    std::fs::write(&near, "near").unwrap();
    let mut files = vec![near, data.join("token"), release.join("private.txt"), data.join("platform.json")];
    files.extend(std::fs::read_dir(&data).unwrap().flatten().map(|it| it.path()).filter(|it| it.extension().is_some_and(|it| it == "db")));
    let own = data.join("homes").join(other.as_str()).join("own");
    std::fs::write(&own, "own").unwrap();
    files.push(own);
    let home = std::env::var_os("HOME").and_then(|it| tempfile::tempdir_in(it).ok());
    if let Some(home) = &home {
        std::fs::write(home.path().join("id_ed25519"), "key").unwrap();
        files.push(home.path().join("id_ed25519"));
    }
    for it in &files {
        assert!(it.is_file(), "a secret that is not there proves nothing: {}", it.display());
    }
    Secrets { _home: home, files }
}

/// A build that tries all of it, says what it could do, and fails so that the platform repeats what it said.
fn tries(level: Level, secrets: &[PathBuf], outside: &Path) -> String {
    let mut lines = vec![
        "reach() { if ( \"$@\" ) >/dev/null 2>&1; then echo \"REACHED $*\"; fi; }".to_owned(),
        "needs() { if ! ( \"$@\" ) >/dev/null 2>&1; then echo \"MISSED $*\"; fi; }".to_owned(),
    ];
    lines.extend(secrets.iter().map(|it| format!("reach cat '{}'", it.display())));
    lines.extend(secrets.iter().map(|it| format!("reach sh -c \"echo x >> '{}'\"", it.display())));
    let platform = std::process::id();
    lines.push("needs grep -q 'NoNewPrivs:.1' /proc/self/status".to_owned());
    if level == Level::Bwrap {
        lines.push("needs sh -c 'test $(grep -c \"^Cap[PEIA].*0000000000000000$\" /proc/self/status) = 4'".to_owned());
        lines.push("needs sh -c 'test $(id -u) != 0'".to_owned());
        // It has a name, by the list of users and by its variables.
        lines.push(
            "needs sh -c 'test \"$(id -un)\" = \"$USER\" && test \"$USER\" = \"$LOGNAME\" && ls -ld \"$HOME\" | grep -q \" $USER \"'"
                .to_owned(),
        );
        lines.push("needs sh -c 'grep -q \"^$USER:.*:$HOME:\" /etc/passwd && grep -q \"^root:\" /etc/passwd /etc/group'".to_owned());
        lines.push("needs sh -c 'echo x > /dev/shm/own && cat /dev/shm/own'".to_owned());
        lines.push("reach ls /tmp/.X11-unix /root/.profile /run/lock".to_owned());
    }
    lines.extend([
        format!("reach touch '{}'", outside.display()),
        format!("reach cat /proc/{platform}/environ"),
        format!("reach cat /proc/{platform}/maps"),
        format!("reach readlink /proc/{platform}/fd/1"),
        "reach mount -t tmpfs none \"$TMPDIR\"".to_owned(),
        "reach unshare -r true".to_owned(),
        "reach unshare -m true".to_owned(),
        "reach chroot / true".to_owned(),
        "reach dmesg".to_owned(),
        "reach touch /usr/of-a-build /etc/of-a-build".to_owned(),
        "reach sh -c 'echo 1 > /proc/sys/kernel/printk'".to_owned(),
        // What every build needs.
        "needs cat /etc/passwd".to_owned(),
        "needs sh -c 'echo x > own-file && cat own-file'".to_owned(),
        "needs sh -c 'echo x > \"$HOME/a\" && mv \"$HOME/a\" \"$HOME/b\"'".to_owned(),
        "needs sh -c 'f=$(mktemp) && ln \"$f\" \"$f.2\"'".to_owned(),
        "needs sh -c 'echo x > /dev/null && head -c 1 /dev/urandom'".to_owned(),
        "needs sh -c 'mkdir -p a/b && tar -cf a.tar a && rm -r a && tar -xf a.tar && test -d a/b'".to_owned(),
        "needs git init --quiet here".to_owned(),
        "echo tried all; exit 3".to_owned(),
    ]);
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_reaches_nothing_of_others_in_any_sandbox_and_all_it_needs() {
    for level in levels() {
        let mut site = site(level, |_| ()).await;
        let secrets = secrets(&mut site).await;
        let outside = site.folder.path().join("outside");
        let script = tries(level, &secrets.files, &outside);
        let toml = "kind = \"worker\"\nbuild = \"sh try.sh\"\nstart = \"true\"\n";
        repository(&site.repo("curious"), &[("trackside.toml", toml), ("try.sh", &script)]);
        let id = site.service("curious", |_| ()).await;
        let dep = site.deploy(&id).await;
        let it = site.ended(&dep).await;
        let why = it.error.unwrap().to_string();
        assert!(why.contains("tried all") && why.contains("exited with 3"), "{level}: {why}");
        assert!(!why.contains("REACHED") && !why.contains("MISSED"), "{level}: {why}");
        assert!(!outside.exists());
        assert_eq!(it.isolation.as_deref(), Some(level.word()));
        for secret in &secrets.files {
            assert!(!std::fs::read_to_string(secret).is_ok_and(|it| it.ends_with("x\n")), "{level}: {} was written", secret.display());
        }
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_hostile_build_survives_it_in_any_sandbox_and_the_platform_goes_on() {
    for level in levels() {
        let mut site = site(level, |_| ()).await;
        // Not this process itself: on a kernel that does not close that way a red test should be all.
        let mut victim = std::process::Command::new("sleep").arg("7824").spawn().unwrap();
        let parent = format!("kill -9 {} 2>/dev/null", victim.id());
        // Only where "everybody" is refused is everybody asked to end.
        let everybody = "if kill -0 -1 2>/dev/null; then word=REACH; echo ${word}ED everybody; else kill -9 -1; fi";
        let (_, why) = fails(&mut site, "killer", &format!("{everybody}; {parent}; sleep 1; exit 4")).await;
        assert!(!why.contains("REACHED"), "{level}: {why}");
        assert!(level == Level::None || victim.try_wait().unwrap().is_none(), "{level}");
        let _ = victim.kill();
        victim.wait().unwrap();
        let (_, why) =
            fails(&mut site, "daemon", "setsid sh -c \"trap '' TERM; sleep 7821; sleep 7821\" & (setsid sleep 7822 &); exit 5").await;
        assert!(why.contains("exited with 5"), "{level}: {why}");
        let (_, why) = fails(&mut site, "storm", "i=0; while [ $i -lt 120 ]; do setsid sleep 7823 & i=$((i+1)); done; exit 6").await;
        assert!(why.contains("exited with 6"), "{level}: {why}");
        for sleep in ["sleep 7821", "sleep 7822", "sleep 7823"] {
            no_process(sleep).await;
        }
        is_healthy(&mut site, "after").await;
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_will_not_end_or_takes_too_much_is_ended_in_any_sandbox() {
    for level in levels() {
        let mut hasty = site(level, |it| it.build_timeout = Millis::secs(5)).await;
        let (_, why) = fails(&mut hasty, "stubborn", "trap '' TERM; sleep 7831; sleep 7831").await;
        assert!(why.contains("did not end within 5s"), "{level}: {why}");
        no_process("sleep 7831").await;
        is_healthy(&mut hasty, "after").await;
        hasty.stop().await;
        let mut site = site(level, |it| it.build_memory = 128 << 20).await;
        // It holds what it reads: 400 MB, where 128 MiB may be.
        let (_, why) = fails(&mut site, "greedy", "head -c 400000000 /dev/zero | tail -c 399999999 | wc -c | grep -q 399999999").await;
        assert!(why.contains("build failed"), "{level}: {why}");
        let (_, why) = fails(
            &mut site,
            "loud",
            "yes a line that is said again and again, and says nothing that was not said before | head -c 2000000; exit 7",
        )
        .await;
        assert!(why.contains("exited with 7"), "{level}: {why}");
        is_healthy(&mut site, "after").await;
        site.stop().await;
    }
}

/// The smallest 32-bit program: `exit(0)`, as i386 has asked for it since 1991.
const OLD: [u8; 93] = {
    let head = *b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x03\0\x01\0\0\0\x54\x80\x04\x08\x34\0\0\0\0\0\0\0\0\0\0\0\x34\0\x20\0\x01\0\0\0\0\0\0\0\
        \x01\0\0\0\0\0\0\0\0\x80\x04\x08\0\x80\x04\x08\x5d\0\0\0\x5d\0\0\0\x05\0\0\0\0\x10\0\0";
    let code = *b"\xb8\x01\0\0\0\x31\xdb\xcd\x80";
    let mut all = [0; 93];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < head.len() { head[at] } else { code[at - head.len()] };
        at += 1;
    }
    all
};

/// Writes a program. By another process: a file that this one has open for writing is open in whatever another test starts meanwhile, and the
/// kernel runs no program that somebody writes.
fn program(file: &Path, bytes: &[u8]) {
    use std::io::Write as _;
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mut writes = std::process::Command::new("sh");
    writes.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(file).stdin(std::process::Stdio::piped());
    let mut writes = writes.spawn().unwrap();
    writes.stdin.take().unwrap().write_all(bytes).unwrap();
    assert!(writes.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_the_sandbox_ends_or_hinders_is_told_why() {
    for level in levels() {
        let mut site = site(level, |_| ()).await;
        let old = site.repo("old").join("old");
        program(&old, &OLD);
        if std::process::Command::new(&old).status().is_ok_and(|it| it.success()) {
            let (_, why) = fails(&mut site, "old", "./old; exit $?").await;
            assert!(why.lines().next().unwrap().contains("32-bit"), "{level}: {why}");
        } else {
            println!("skipped: this machine runs no 32-bit programs");
        }
        let name = format!("/tmp/of-a-build-{}", std::process::id());
        let build = format!("echo x > {name} && rm {name} && exit 4");
        let (_, why) = fails(&mut site, "untidy", &build).await;
        assert_eq!(why.contains("TMPDIR"), level == Level::Landlock, "{why}");
        // A folder that every machine has.
        let (_, why) = fails(&mut site, "bold", "mkdir /usr/of-a-build").await;
        assert_eq!(why.contains("the folder in HOME"), level == Level::Bwrap, "{why}");
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_listens_for_the_whole_network_is_told_and_asked_to_the_end_of_its_answers() {
    // By its path: what a version manager keeps in a home is not to be seen in a sandbox.
    if !std::process::Command::new("/usr/bin/python3").arg("-c").arg("import http.server").status().is_ok_and(|it| it.success()) {
        println!("skipped: there is no Python of the system here");
        return;
    }
    let mut site = Site::new().await;
    let page = "x".repeat(300_000);
    let toml = "kind = \"web\"\nhealth = \"/\"\nstart = \"exec /usr/bin/python3 -u -m http.server $PORT --bind 0.0.0.0\"\n";
    let id = site.service_of("open", None, &[("trackside.toml", toml), ("index.html", &page)]).await;
    site.live(&id).await;
    site.logs("which others on the network may reach past the platform").await;
    site.logs("\"GET / HTTP/1.1\" 200").await;
    // Asked again by who watches what serves.
    let url = site.service_is(&id, "live", |it| it.health == Health::Live && it.url.is_some()).await.url.unwrap();
    assert_eq!(get(&url, "/").await.unwrap().1.len(), page.len());
    let query = trackside::model::log::LogQuery { limit: Some(1000), ..Default::default() };
    let page = site.client().logs(&query).await.unwrap();
    assert!(!page.lines.iter().any(|it| it.text.contains("Traceback") || it.text.contains("reset")), "{:#?}", page.lines);
    site.stop().await;
}

/// A bubblewrap before 0.7, which goes when its folder goes.
fn old_bwrap() -> tempfile::TempDir {
    // Beside what was built: a machine may let no program run from its temporary folder.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let refuses =
        "for it; do\n  test \"$it\" != -- || break\n  test \"$it\" != --size || { echo 'bwrap: Unknown option --size' >&2; exit 1; }\ndone";
    let path = std::env::var("PATH").unwrap();
    let script = format!("#!/bin/sh\n{refuses}\nPATH='{path}:/usr/bin:/usr/local/bin' exec bwrap \"$@\"\n");
    program(&folder.path().join("bwrap"), script.as_bytes());
    folder
}

#[test]
fn an_older_bubblewrap_is_used_too_and_one_that_is_gone_is_missed_by_name() {
    if !levels().contains(&Level::Bwrap) {
        return;
    }
    let old = old_bwrap();
    let (it, said) = crate::commands::Served::with_path(&format!("{}:/usr/bin:/bin", old.path().display()));
    assert_eq!(said["sandbox"], "bwrap");
    let repo = it.home.path().join("worker");
    let toml = "kind = \"worker\"\nbuild = \"echo x > /dev/shm/own && cat /dev/shm/own\"\nstart = \"exec sleep 7851\"\n";
    repository(&repo, &[("trackside.toml", toml)]);
    it.ok(&["project", "create", "shop"]);
    it.ok(&["service", "create", "shop/worker", "--repo", &repo.display().to_string()]);
    it.ok(&["deploy", "worker", "--wait", "--timeout", "60s"]);
    crate::site::commit(&repo, &[("trackside.toml", "kind = \"worker\"\nbuild = \"echo the last words; exit 3\"\nstart = \"true\"\n")]);
    let (code, out, _) = it.run(&["deploy", "worker", "--wait", "--timeout", "60s"]);
    assert!(code == 1 && out.contains("exited with 3\n  the last words\n"), "{code}: {out}");
    drop(old);
    let (code, out, err) = it.run(&["deploy", "worker", "--wait", "--timeout", "60s"]);
    let said = format!("{out}{err}");
    assert!(code != 0 && said.contains("bwrap is not there any more") && said.contains("trackside doctor"), "{said}");
}

/// A worker of `line`, live.
async fn worker(site: &mut Site, name: &str, line: &str) -> ServiceId {
    let toml = format!("kind = \"worker\"\nstart = \"\"\"{line}\"\"\"\n");
    let id = site.service_of(name, Some(ServiceKind::Worker), &[("trackside.toml", &toml)]).await;
    site.live(&id).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_hears_that_it_is_to_end_in_any_sandbox_and_takes_its_daemons_along() {
    for level in levels() {
        let mut site = site(level, |_| ()).await;
        let polite = "setsid sleep 7841 & trap 'echo heard the word; exit 0' TERM; echo begun; while :; do sleep 0.1; done";
        let id = worker(&mut site, "polite", polite).await;
        site.logs("begun").await;
        site.ask(Request::Stop { service: id }).await.unwrap();
        site.logs("heard the word").await;
        no_process("sleep 7841").await;
        // A program that the shell of the start line waits for, and that has something to finish.
        let app = "trap 'sleep 0.5; echo all is written; exit 0' TERM; echo ready; while :; do sleep 0.1; done";
        let toml = "kind = \"worker\"\nstart = \"sh app.sh\"\n";
        let id = site.service_of("thorough", Some(ServiceKind::Worker), &[("trackside.toml", toml), ("app.sh", app)]).await;
        site.live(&id).await;
        site.logs("ready").await;
        site.ask(Request::Stop { service: id }).await.unwrap();
        site.logs("all is written").await;
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_ends_by_itself_is_told_of_in_the_same_words_in_any_sandbox() {
    for level in levels() {
        let mut site = site(level, |_| ()).await;
        for (name, line, words) in [
            ("seven", "exit 7", "exited with 7"),
            ("killed", "kill -9 $$", "SIGKILL"),
            ("missing", "exec not-there-at-all", "exited with 127"),
        ] {
            let toml = format!("kind = \"worker\"\nstart = '''{line}'''\n");
            let id = site.service_of(name, Some(ServiceKind::Worker), &[("trackside.toml", &toml)]).await;
            let dep = site.deploy(&id).await;
            let why = site.ended(&dep).await.error.unwrap().to_string();
            assert!(why.contains(words), "{level}: {name}: {why}");
        }
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_processes_are_only_run_when_asked_for_and_the_flag_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::new(folder.path().join("data"), binary());
    setup.sandbox = Wish { level: Some(Level::None), unsandboxed: false };
    let Err(StartError::Unsafe(why)) = Platform::start(setup.clone()).await else { panic!("it started") };
    assert!(why.to_string().contains("--allow-unsandboxed"), "{why}");
    setup.sandbox.unsandboxed = true;
    let platform = Platform::start(setup).await.unwrap();
    assert_eq!(platform.sandbox(), Level::None);
    platform.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_live_is_shown_in_the_sandbox_it_was_started_in_last() {
    let Some(best) = levels().pop() else { return };
    let mut site = Site::with(crate::site::plain).await;
    let id = site.service_of("web", None, &[("trackside.toml", &serving("echo x > made")), ("index.html", "one")]).await;
    let dep = site.live(&id).await;
    let isolation = |site: &Site| {
        let world = site.platform().handle().world();
        let it = world.snapshot.deployments.iter().find(|it| it.id == dep).cloned().unwrap();
        (it.isolation.unwrap().to_string(), it.rev)
    };
    let (before, rev) = isolation(&site);
    assert_eq!(before, "none");
    // Its files were made by plain processes, and are another user's from now on where that is possible.
    site.restart().await;
    assert_eq!(isolation(&site).0, best.word(), "never is an older one shown");
    site.until("a revision of its own for the change", |_| (isolation(&site).1 > rev).then_some(())).await;
    let url = site.service_is(&id, "live again", |it| it.health == Health::Live && it.url.is_some()).await.url.unwrap();
    assert_eq!(get(&url, "/").await.unwrap(), (200, "one".to_owned()));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn java_finds_its_home_and_its_temporary_folder_in_any_sandbox() {
    if !std::process::Command::new("java").arg("-version").output().is_ok_and(|it| it.status.success()) {
        return eprintln!("SKIPPED: there is no Java here");
    }
    for level in levels() {
        let mut site = site(level, |_| ()).await;
        let asks = "java -Xmx64m -XshowSettings:properties -version > said 2>&1; cat said; grep -q \"user.home = $HOME$\" said";
        let tmp = if level == Level::Bwrap { "/tmp" } else { "$TMPDIR" };
        let build = format!("{asks} && grep -q \"java.io.tmpdir = {tmp}$\" said");
        let id = site.service_of("java", None, &[("trackside.toml", &serving(&build)), ("index.html", "one")]).await;
        let dep = site.deploy(&id).await;
        let it = site.ended(&dep).await;
        assert_eq!(it.status, DeployStatus::Success, "{level}: {:?}", it.error);
        site.stop().await;
    }
}
