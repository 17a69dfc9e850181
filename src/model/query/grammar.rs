//! The language on one page, for people: the README's table and the help of the dashboard are these rows.

/// What can be written, and what it finds.
pub const GRAMMAR: &[(&str, &str)] = &[
    ("timeout", "lines with this text; case counts only where a letter is upper case"),
    ("\"connection reset\"", "a phrase; \\\" is a quote in it"),
    ("/5\\d\\d ERR/", "a regular expression; it ends at the / before a space, a bracket or the end"),
    ("a b    a AND b    a OR b    (a OR b) c", "all of them, any of them, brackets; AND binds closer than OR"),
    ("-a    NOT a", "lines without it"),
    ("level:>=warn    level:info..error", "by level: trace debug info warn error fatal"),
    ("service:api    service:web-*", "by service: its name or id; * stands for anything"),
    ("replica:2    replica:1..3", "by replica"),
    ("deploy:a1b9f3c    deploy:d12", "by deployment: the beginning of its commit, or its id"),
    ("kind:build", "by kind: build runtime request platform"),
    ("@user:alice    @path:/api/*    @user:\"x y\"", "a field of a JSON or logfmt line, whole; * stands for anything; @user:* is any"),
    ("@http.status:500..599    @status:>=500", "fields within fields; numbers with > >= < <= and a..b, both ends included"),
    (
        "@took:>250ms    @size:<=10MiB",
        "times (ns us ms s m h d) and sizes (B kB MB KiB MiB …); a side without a unit has that of the other",
    ),
    ("after:14:05    before:-15m    after:2026-01-31T14:05", "by time, fixed when it is typed; also RFC 3339"),
    ("a\\:b    \"a:b\"", "a backslash, or quotes, take a sign as it is"),
];
