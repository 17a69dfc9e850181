//! Tokens: where they come from and in which order, where they are kept, and that nobody else sees them.

use std::os::unix::fs::PermissionsExt as _;

use secrecy::ExposeSecret as _;

use crate::contexts::{Home, Said};
use crate::site::Site;

fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A home with the context `prod` on a real platform, and the platform's token.
async fn signed_out(more: &str) -> (Site, Home, String) {
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
