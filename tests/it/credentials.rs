//! Tokens: where they come from and in which order, where they are kept, and that nobody else sees them.

use std::os::unix::fs::PermissionsExt as _;

use secrecy::ExposeSecret as _;

use crate::contexts::{Home, Said};
use crate::site::Site;

pub fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A home with the context `prod` on a real platform, and the platform's token.
pub async fn signed_out(more: &str) -> (Site, Home, String) {
    let site = Site::new().await;
    let home = Home::new(&format!("[contexts.prod]\nurl = \"{}\"\n{more}", site.platform().url()));
    let token = site.platform().token().expose_secret().to_owned();
    (site, home, token)
}

fn never_said(it: &Said, token: &str) {
    assert!(!it.out.contains(token) && !it.err.contains(token), "the token was shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_tried_before_it_is_kept_and_kept_for_this_person_alone() {
    let (site, home, token) = signed_out("").await;
    assert_eq!(home.run(&["--context", "prod", "status"]).code, 4);
    let wrong = home.run_with(&["login", "--context", "prod"], "c4nary-wrong-token\n");
    assert_eq!(wrong.code, 4, "{wrong:?}");
    never_said(&wrong, "c4nary-wrong-token");
    let kept = home.path("config/trackside/tokens/prod");
    assert!(!kept.exists(), "a token that does not work is not kept");
    let right = home.run_with(&["login", "--context", "prod"], &format!("{token}\n"));
    assert_eq!(right.code, 0, "{right:?}");
    never_said(&right, &token);
    assert_eq!((mode(&kept), mode(kept.parent().unwrap())), (0o600, 0o700));
    let me = home.run(&["--context", "prod", "whoami", "--json"]);
    assert!(me.out.contains("\"context\":\"prod\"") && me.out.contains("tokens/prod"), "{me:?}");
    never_said(&me, &token);
    assert_eq!(home.run(&["--context", "prod", "status"]).code, 0);
    let elsewhere = home.run(&["--url", site.platform().url(), "status"]);
    assert_eq!(elsewhere.code, 4, "what was kept for a context goes with its name alone: {elsewhere:?}");
    // Another address under the same name is another platform: its token stays where it is.
    let here = std::fs::read_to_string(home.config()).unwrap();
    std::fs::write(home.config(), here.replace("127.0.0.1", "localhost")).unwrap();
    let moved = home.run(&["--context", "prod", "status"]);
    assert_eq!((moved.code, moved.err.contains("tokens/prod is for http://127.0.0.1")), (4, true), "{moved:?}");
    never_said(&moved, &token);
    std::fs::write(home.config(), here).unwrap();
    std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o640)).unwrap();
    let open = home.run(&["--context", "prod", "status"]);
    assert_eq!((open.code, open.err.contains("chmod 600")), (4, true), "{open:?}");
    let out = home.run(&["logout", "--context", "prod"]);
    assert_eq!((out.code, kept.exists()), (0, false), "{out:?}");
    assert_eq!(home.run(&["--context", "prod", "status"]).code, 4);
    let log = std::fs::read_to_string(home.path("state/trackside/trackside.log")).unwrap_or_default();
    assert!(!log.contains(&token) && !log.contains("c4nary-wrong-token"), "{log}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_gives_the_token_and_what_was_given_with_this_start_goes_before_it() {
    let (site, mut home, token) = signed_out("").await;
    let secret = home.file("secret", &format!("{token}\nsecond line\n"), 0o600);
    let command =
        home.file("give", &format!("#!/bin/sh\necho asked >> {}\ncat {}\n", home.path("asked").display(), secret.display()), 0o600);
    let url = site.platform().url().to_owned();
    std::fs::write(home.config(), format!("[contexts.prod]\nurl = \"{url}\"\ntoken_command = [\"sh\", \"{}\"]\n", command.display()))
        .unwrap();
    let asked = || std::fs::read_to_string(home.path("asked")).unwrap_or_default().lines().count();
    assert_eq!(home.run(&["--context", "prod", "status"]).code, 0);
    assert_eq!(asked(), 1);
    assert_eq!(home.run_with(&["login", "--context", "prod"], "x").code, 2, "who keeps it is said");
    let file = home.file("bad.token", "c4nary-bad-token", 0o600);
    let bad = home.run(&["--context", "prod", "--token-file", file.to_str().unwrap(), "status"]);
    assert_eq!((bad.code, asked()), (4, 1), "a file on the command line is the only place: {bad:?}");
    home.env.push(("TRACKSIDE_TOKEN".to_owned(), token.clone()));
    assert_eq!(home.run(&["--context", "prod", "status"]).code, 0);
    assert_eq!(std::fs::read_to_string(home.path("asked")).unwrap().lines().count(), 1);
    home.env.clear();
    std::fs::write(&command, "#!/bin/sh\necho 'verbose: it is c4nary-of-stderr' >&2\necho c4nary-of-stderr\nexit 3\n").unwrap();
    let loud = home.run(&["--context", "prod", "status"]);
    never_said(&loud, "c4nary-of-stderr");
    let log = std::fs::read_to_string(home.path("state/trackside/trackside.log")).unwrap_or_default();
    assert!(log.contains("verbose: it is ***") && !log.contains("c4nary-of-stderr"), "{log}");
    std::fs::write(&command, "#!/bin/sh\necho 'the store is locked' >&2\nexit 3\n").unwrap();
    let failed = home.run(&["--context", "prod", "status"]);
    assert_eq!(failed.code, 4);
    assert!(failed.err.contains("ended with 3: the store is locked"), "{failed:?}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_of_the_contexts_own_gives_the_token() {
    let (site, mut home, token) = signed_out("token_env = \"SHOP_TOKEN\"\n").await;
    assert_eq!(home.run(&["--context", "prod", "status"]).code, 4);
    home.env.push(("SHOP_TOKEN".to_owned(), token));
    assert_eq!(home.run(&["--context", "prod", "status"]).code, 0);
    site.stop().await;
}

/// What `secret-tool` does, with a file for the keyring; it writes down what it was called with.
const SECRET_TOOL: &str = r#"#!/bin/sh
echo "$@" >> "$HOME/called"
verb=$1; shift
case $verb in
  store) shift; cat > "$HOME/ring.$(echo "$@" | cksum | cut -d' ' -f1)" ;;
  lookup) cat "$HOME/ring.$(echo "$@" | cksum | cut -d' ' -f1)" 2>/dev/null || exit 1 ;;
  clear) rm "$HOME/ring.$(echo "$@" | cksum | cut -d' ' -f1)" 2>/dev/null || exit 1 ;;
esac
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_keyring_is_given_the_token_through_a_pipe_and_asked_for_it_by_name_and_address() {
    let (site, mut home, token) = signed_out("").await;
    let nobody = home.run_with(&["login", "--context", "prod", "--keyring"], &token);
    assert!(nobody.code == 1 && nobody.err.contains("no session bus"), "{nobody:?}");
    home.program("secret-tool", SECRET_TOOL);
    home.env.push(("DBUS_SESSION_BUS_ADDRESS".to_owned(), "unix:path=/nonexistent".to_owned()));
    let kept = home.run_with(&["login", "--context", "prod", "--keyring"], &token);
    assert_eq!(kept.code, 0, "{kept:?}");
    assert!(std::fs::read_to_string(home.config()).unwrap().contains("keyring = true"));
    assert_eq!(home.run(&["--context", "prod", "status"]).code, 0);
    let called = std::fs::read_to_string(home.path("called")).unwrap();
    assert!(called.contains("context prod url http://") && !called.contains(&token), "{called}");
    // Another address under the same name is another platform: its token stays where it is.
    let moved = std::fs::read_to_string(home.config()).unwrap().replace("127.0.0.1", "localhost");
    std::fs::write(home.config(), moved).unwrap();
    assert_eq!(home.run(&["--context", "prod", "status"]).code, 4);
    let back = std::fs::read_to_string(home.config()).unwrap().replace("localhost", "127.0.0.1");
    std::fs::write(home.config(), back).unwrap();
    assert_eq!(home.run(&["logout", "--context", "prod"]).code, 0);
    assert_eq!(home.run(&["--context", "prod", "status"]).code, 4);
    site.stop().await;
}

#[test]
fn the_platform_of_this_machine_needs_no_login_and_an_address_without_a_name_gets_none() {
    let home = Home::new("");
    let local = home.run(&["login"]);
    assert_eq!((local.code, local.err.contains("needs no login")), (2, true), "{local:?}");
    let ad_hoc = home.run(&["--url", "http://127.0.0.1:1", "login"]);
    assert_eq!((ad_hoc.code, ad_hoc.err.contains("context add NAME")), (2, true), "{ad_hoc:?}");
}

/// `status` of a platform that is not there, with a token file that is prepared by a shell; what it said.
fn with_token_file(make: &str) -> Said {
    let home = Home::new("");
    let made = std::process::Command::new("sh").current_dir(home.folder.path()).args(["-c", make]).status().unwrap();
    assert!(made.success(), "{make}");
    let file = home.path("t");
    home.run(&["--url", "http://127.0.0.1:1", "--token-file", file.to_str().unwrap(), "status"])
}

#[test]
fn a_token_file_is_a_small_file_of_plain_text_that_others_cannot_read() {
    for (make, says) in [
        ("echo secret > t; chmod 644 t", "chmod 600"),
        ("echo secret > t; chmod 640 t", "chmod 600"),
        ("echo secret > t; chmod 604 t", "chmod 600"),
        ("echo secret > real; chmod 644 real; ln -s real t", "chmod 600"),
        ("mkfifo -m 600 t", "it is no file"),
        ("mkdir -m 700 t", "it is no file"),
        ("ln -s /dev/zero t", "it is no file"),
        ("ln -s nowhere t", "No such file"),
        ("ln -s t t", "symbolic link"),
        ("umask 077; : > t", "it is empty"),
        ("umask 077; printf ' \\n\\n' > t", "it is empty"),
        ("umask 077; head -c 1048576 /dev/zero | tr '\\0' a > t", "longer than 8 KiB"),
        ("umask 077; printf 'a\\000b' > t", "other than ASCII"),
        ("umask 077; printf 'one\\ntwo\\n' > t", "other than ASCII"),
        ("umask 077; printf 'caf\\303\\251' > t", "other than ASCII"),
        ("umask 077; printf '\\377\\376a' > t", "UTF-8"),
    ] {
        let said = with_token_file(make);
        assert_eq!(said.code, 4, "{make}: {said:?}");
        assert!(said.err.contains(says) && !said.err.contains("secret"), "{make}: {said:?}");
    }
    for make in
        ["umask 077; printf 'secret\\r\\n' > t", "umask 077; printf '  secret\\n' > t", "umask 077; echo secret > real; ln -s real t"]
    {
        let said = with_token_file(make);
        assert_eq!(said.code, 3, "it is taken, and nobody is there: {make}: {said:?}");
    }
}

#[test]
fn a_keyring_that_never_answers_is_given_up_and_said() {
    let home = Home::new("[contexts.prod]\nurl = \"http://127.0.0.1:1\"\nkeyring = true\n");
    home.program("secret-tool", "#!/bin/sh\nexec sleep 600\n");
    let mut home = home;
    home.env.push(("DBUS_SESSION_BUS_ADDRESS".to_owned(), "unix:path=/nonexistent".to_owned()));
    let begun = std::time::Instant::now();
    let said = home.run(&["--context", "prod", "status"]);
    assert_eq!((said.code, said.err.contains("did not answer within 3 s")), (4, true), "{said:?}");
    assert!(begun.elapsed() < std::time::Duration::from_mins(1));
    let said = home.run(&["--context", "prod", "doctor"]);
    let token = said.out.lines().find(|it| it.contains("  token  ")).unwrap_or_default();
    assert!(token.contains("fail") && token.contains("did not answer within 3 s"), "the address is not to blame: {said:?}");
    assert!(!said.out.contains("  address  "), "{said:?}");
}

#[test]
fn a_token_command_is_no_shell_and_odd_output_of_it_is_no_token() {
    let home = Home::new("");
    let run = |command: &str| {
        std::fs::write(home.config(), format!("[contexts.prod]\nurl = \"http://127.0.0.1:1\"\ntoken_command = {command}\n")).unwrap();
        home.run(&["--context", "prod", "status"])
    };
    let literal = run(r#"["echo", "$(touch pwned)", ";", "touch", "pwned"]"#);
    assert_eq!((literal.code, home.path("pwned").exists(), std::path::Path::new("pwned").exists()), (4, false, false), "{literal:?}");
    for (command, says) in [
        (r#"["sh", "-c", "exit 1"]"#, "ended with 1"),
        (r#"["true"]"#, "printed no token"),
        (r#"["sh", "-c", "kill -9 $$"]"#, "ended by a signal"),
        (r#"["sh", "-c", "head -c 1048576 /dev/zero | tr '\\0' a"]"#, ""),
        (r#"["sh", "-c", "printf 'a b'"]"#, "blanks"),
        (r#"["/nonexistent/program"]"#, "could not be started"),
        (r#"["sh", "-c", "printf '\\033]0;x\\007\\n' >&2; exit 3"]"#, "ended with 3"),
    ] {
        let said = run(command);
        assert_eq!((said.code, said.err.contains(says)), (if says.is_empty() { 3 } else { 4 }, true), "{command}: {said:?}");
        assert!(!said.err.contains('\u{1b}') && !said.err.contains('\u{7}'), "{said:?}");
    }
    assert_eq!(run(r#"["sh", "-c", "printf 'token\\nsecond line\\n'"]"#).code, 3, "the first line is the token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_in_nothing_that_a_command_leaves_behind_or_shows_while_it_runs() {
    let (site, home, token) = signed_out("").await;
    let kept = home.file("one.token", &token, 0o600);
    let file = kept.to_str().unwrap();
    let mut seen = Vec::new();
    for args in [
        &["status"][..],
        &["services"],
        &["deployments"],
        &["incidents"],
        &["logs"],
        &["whoami"],
        &["--json", "status"],
        &["doctor"],
        &["token", "list"],
        &["deploy", "nothing"],
    ] {
        let args: Vec<&str> = ["--context", "prod", "--token-file", file].iter().chain(args).copied().collect();
        let said = home.run(&args);
        never_said(&said, &token);
        seen.push(said.code);
    }
    // What runs shows its arguments and its environment to everybody of this user, and its arguments to all.
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_trackside"))
        .args(["--context", "prod", "--token-file", file, "logs", "--follow"])
        .env_clear()
        .env("HOME", home.folder.path())
        .env("XDG_CONFIG_HOME", home.path("config"))
        .env("XDG_STATE_HOME", home.path("state"))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let end = std::time::Instant::now() + std::time::Duration::from_mins(1);
    let read =
        |what: &str| String::from_utf8_lossy(&std::fs::read(format!("/proc/{}/{what}", child.id())).unwrap_or_default()).into_owned();
    while !read("cmdline").contains("--follow") {
        assert!(std::time::Instant::now() < end, "it never began");
        std::thread::yield_now();
    }
    let (arguments, environment) = (read("cmdline"), read("environ"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!arguments.contains(&token) && !environment.contains(&token));
    let mut folders = vec![home.folder.path().to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path != kept {
                files += 1;
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                assert!(!text.contains(&token), "{} holds the token", path.display());
            }
        }
    }
    assert!(files > 0 && seen.contains(&0), "{seen:?}");
    crate::figures::keep("places looked at for a token that must not be there", files + seen.len() * 2 + 2, "20, 0 hits");
    site.stop().await;
}
