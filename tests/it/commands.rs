//! The command line without a platform: help, exit codes, and output that no terminal can be harmed by.

use std::process::{Command, Output};

fn trackside(args: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
    command.args(args).env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
    command.output().unwrap()
}

fn code(args: &[&str]) -> i32 {
    trackside(args).status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn help_names_every_subcommand_with_examples_and_exit_codes() {
    let help = text(&trackside(&["--help"]).stdout);
    for word in ["serve", "deploy", "rollback", "logs", "status", "incidents", "Examples:", "Exit codes:", "124"] {
        assert!(help.contains(word), "{word} is not in:\n{help}");
    }
    assert!(!help.contains("supervise"), "the hidden commands are hidden");
}

#[test]
fn exit_codes_say_what_was_wrong() {
    assert_eq!(code(&[]), 2, "no terminal, no dashboard");
    assert_eq!(code(&["deploy"]), 2, "a service is missing");
    assert_eq!(code(&["no-such-command"]), 2);
    assert_eq!(code(&["logs", "--level", "loud"]), 2);
    assert_eq!(code(&["--url", "http://example.com", "status"]), 2, "a token would go over the network in the clear");
    assert_eq!(code(&["--url", "http://127.0.0.1:1", "status"]), 3);
    assert_eq!(code(&["status"]), 3, "no platform runs here");
    assert_eq!(code(&["--url", "http://127.0.0.1:1", "--token-file", "/nonexistent", "status"]), 4);
}

#[test]
fn a_token_file_that_others_can_read_is_refused_with_the_way_to_mend_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let it = trackside(&["--url", "http://127.0.0.1:1", "--token-file", file.path().to_str().unwrap(), "status"]);
    assert_eq!(it.status.code(), Some(4));
    assert!(text(&it.stderr).contains("chmod 600"), "{}", text(&it.stderr));
}

#[test]
fn without_a_platform_it_says_how_to_start_one() {
    let it = trackside(&["status"]);
    let said = text(&it.stderr);
    assert!(said.contains("trackside serve") && said.contains("trackside demo"), "{said}");
    assert_eq!(it.stdout, b"");
}

#[test]
fn what_was_typed_comes_back_without_its_control_characters() {
    let it = trackside(&["--url", "http://127.0.0.1:1/\u{1b}]0;x\u{7}\u{9b}31m", "status"]);
    let said = text(&it.stderr) + &text(&it.stdout);
    assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
}
