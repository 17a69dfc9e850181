//! What git's complaints mean to the person who gave the address. Pure.

/// A failure of git.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// For people.
    pub text: String,
    /// Trying again can help.
    pub passing: bool,
}

/// Signs of trouble that passes, as git, curl and ssh write them.
const PASSING: [&str; 16] = [
    "could not resolve host",
    "temporary failure in name resolution",
    "timed out",
    "timeout was reached",
    "connection reset",
    "connection refused",
    "failed to connect",
    "couldn't connect to server",
    "early eof",
    "unexpected disconnect",
    "the remote end hung up unexpectedly",
    "rpc failed",
    "network is unreachable",
    "gnutls recv error",
    "unexpected eof",
    "no route to host",
];

/// Reads the output of a failed git on `url`.
pub fn read(url: &str, output: &str) -> Trouble {
    let low = output.to_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|it| low.contains(it));
    let lasting = |text: String| Trouble { text, passing: false };
    if has(&[
        "terminal prompts disabled",
        "could not read username",
        "could not read password",
        "authentication failed",
        "permission denied (publickey",
        "permission denied, please try again",
    ]) {
        return lasting(format!(
            "{url} asks for a password or key: give the platform's user access (an ssh key without passphrase), or use a repository that needs none"
        ));
    }
    if has(&["dubious ownership"]) {
        return lasting(format!(
            "{url} belongs to another user, and git refuses to read it: change its owner, or serve it over ssh or https"
        ));
    }
    if has(&["host key verification failed"]) {
        return lasting(format!("the host key of {url} is not known: connect to it once by ssh as the platform's user"));
    }
    if has(&["certificate", "ssl"]) && !has(&PASSING) {
        return lasting(format!("the certificate of {url} is not trusted: {}", last(output)));
    }
    if has(&[
        "not found",
        "does not exist",
        "no such file",
        "returned error: 404",
        "repository not exported",
        "does not appear to be a git repository",
        "not a git repository",
    ]) {
        return lasting(format!("there is no git repository at {url}"));
    }
    if has(&["fsck error"]) {
        return lasting(format!("git refuses what is in {url} as unsafe: {}", unsafe_object(output)));
    }
    if has(&["returned error: 401", "returned error: 403", "access denied"]) {
        return lasting(format!("{url} may not be read by the platform: {}", last(output)));
    }
    let text = format!("git could not read {url}: {}", last(output));
    Trouble { text, passing: has(&PASSING) || has_5xx(&low) }
}

fn has_5xx(low: &str) -> bool {
    low.split("returned error: 5").nth(1).is_some_and(|it| it.bytes().take(2).all(|b| b.is_ascii_digit()))
}

/// The line that says most: the last that begins with `fatal:` or `error:`, else the last.
fn last(output: &str) -> &str {
    let told = |line: &&str| ["fatal: ", "error: "].iter().any(|it| line.starts_with(it));
    let line = output.lines().rev().find(told).or_else(|| output.lines().rev().find(|it| !it.trim().is_empty()));
    line.unwrap_or("it gave no reason").trim_start_matches("fatal: ").trim_start_matches("error: ")
}

/// What git has against an object: it says that first, and then only that it gave up.
fn unsafe_object(output: &str) -> &str {
    output.lines().find_map(|it| it.strip_prefix("error: object ")).unwrap_or_else(|| last(output))
}

/// Up to three names nearest to `wanted`.
pub fn near<'a>(wanted: &str, names: &[&'a str]) -> Vec<&'a str> {
    let mut by: Vec<_> = names.iter().map(|it| (distance(wanted, it), *it)).collect();
    by.sort_unstable();
    by.into_iter().take(3).map(|(_, it)| it).collect()
}

/// Levenshtein's distance: the fewest letters to add, drop or change (V. Levenshtein, 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

/// The settings that keep the filters of a repository from running, given the names of its `filter.*` settings, a line each: git would
/// run their commands to compare a file. `None`: a name that cannot safely be written down again.
pub fn without_filters(names: &str) -> Option<Vec<String>> {
    let plain = |it: &str| it.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let mut settings = Vec::new();
    for name in names.lines() {
        let (filter, _) = name.rsplit_once('.').filter(|_| plain(name))?;
        // One that is required and does nothing would be an error.
        settings.extend(["clean=", "process=", "required=false"].map(|it| format!("{filter}.{it}")));
    }
    settings.sort_unstable();
    settings.dedup();
    Some(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trouble_that_passes_is_tried_again() {
        for text in [
            "fatal: unable to access 'https://x/': Could not resolve host: x",
            "fatal: early EOF",
            "fatal: unable to access 'http://x/': Failed to connect to x port 80 after 0 ms: Couldn't connect to server",
            "error: RPC failed; HTTP 503",
            "The requested URL returned error: 502",
            "ssh: connect to host x port 22: Connection timed out",
        ] {
            assert!(read("u", text).passing, "{text}");
        }
        for text in [
            "fatal: repository 'https://x/y/' not found",
            "fatal: Authentication failed for 'https://x'",
            "fatal: could not read Username for 'https://x': terminal prompts disabled",
            "fatal: '/x' does not appear to be a git repository\nfatal: Could not read from remote repository.",
        ] {
            assert!(!read("u", text).passing, "{text}");
        }
    }

    #[test]
    fn the_nearest_names_come_first() {
        assert_eq!(near("mian", &["dev", "main", "release/1"]), ["main", "dev", "release/1"]);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn filters_are_switched_off_by_name_and_a_strange_name_is_not_guessed_at() {
        let off = ["filter.lfs.clean=", "filter.lfs.process=", "filter.lfs.required=false"].map(str::to_owned);
        assert_eq!(without_filters("filter.lfs.smudge\nfilter.lfs.clean"), Some(off.to_vec()));
        assert_eq!(without_filters(""), Some(Vec::new()));
        assert_eq!(without_filters("filter.a=b.clean"), None);
        assert_eq!(without_filters("filter.a␛b.clean"), None);
    }
}
