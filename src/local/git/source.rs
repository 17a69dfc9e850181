//! Which repository addresses are allowed. Pure; nothing is asked of the network or the disk.

/// Schemes git is allowed to speak, besides paths on this machine.
const SCHEMES: [&str; 3] = ["https://", "ssh://", "file://"];

/// A repository's address that is safe to hand to git.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    url: String,
    /// On this machine: `file://` or a path.
    pub local: bool,
}

impl Source {
    /// Reads `text`, or says why it is refused and what to give instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("the repository is empty: give a git URL or the path of a local repository".to_owned());
        }
        if text.chars().any(char::is_control) {
            return Err("the repository's address holds a control character".to_owned());
        }
        if text.starts_with('-') {
            return Err(format!("`{text}` is no repository: an address cannot begin with `-`"));
        }
        if let Some(scheme) = SCHEMES.iter().find(|it| text.starts_with(**it)) {
            return Self::of_scheme(scheme, text);
        }
        if text.starts_with("http://") {
            return Err("`http://` is not allowed for a repository: whoever is on the way could change what is run here; use https or ssh"
                .to_owned());
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(format!("`{scheme}://` is not allowed for a repository: use https, ssh, file, or a path"));
        }
        if text.starts_with('/') {
            return Ok(Self { url: text.to_owned(), local: true });
        }
        // `ext::sh -c …` and its kind run programs.
        if text.contains("::") {
            return Err(format!("`{text}` names a transport helper, which can run programs: use https, ssh, file, or a path"));
        }
        if let Some((host, path)) = text.split_once(':')
            && !host.contains('/')
            && !path.is_empty()
        {
            let name = host.rsplit_once('@').map_or(host, |(_, it)| it);
            if name.is_empty() || name.starts_with('-') || host.starts_with('@') {
                return Err(format!("`{text}` names no host"));
            }
            return Ok(Self { url: text.to_owned(), local: false });
        }
        Err(format!("`{text}` is a relative path, and the platform runs elsewhere: give the full path or a URL"))
    }

    fn of_scheme(scheme: &str, text: &str) -> Result<Self, String> {
        let rest = &text[scheme.len()..];
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if scheme == "file://" {
            if !rest.starts_with('/') {
                return Err(format!("`{text}` needs a full path after file://, as file:///srv/app.git"));
            }
            return Ok(Self { url: text.to_owned(), local: true });
        }
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        if host.is_empty() || host.starts_with('-') {
            return Err("the repository's URL names no host".to_owned());
        }
        match user {
            // The address is shown and logged; a password in it would be too. The message must not repeat it.
            Some(user) if scheme != "ssh://" || user.contains(':') => Err(format!(
                "the URL for {host} holds a user or password, which would be shown to everybody: use an ssh key, or a repository that needs none"
            )),
            Some(user) if user.starts_with('-') => Err("the repository's URL names no user that could be".to_owned()),
            _ => Ok(Self { url: text.to_owned(), local: false }),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.url
    }
}

/// Whether `name` can be a branch, a tag or a commit, and nothing that git would take for an option or a pattern.
pub fn reference(name: &str) -> Result<(), String> {
    let bad = name.is_empty()
        || name.len() > 255
        || name.starts_with(['-', '/', '.'])
        || name.ends_with(['/', '.'])
        || name.contains("..")
        || name.contains("@{")
        || name.contains("//")
        || name.chars().any(|c| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c));
    if bad { Err(format!("`{name}` cannot be the name of a branch")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_addresses_are_taken_as_they_are() {
        for (text, local) in [
            ("https://example.com/a/b.git", false),
            ("ssh://git@example.com:22/a.git", false),
            ("git@example.com:a/b.git", false),
            ("file:///srv/a b.git", true),
            ("/srv/app", true),
        ] {
            assert_eq!(Source::parse(text), Ok(Source { url: text.to_owned(), local }), "{text}");
        }
    }

    #[test]
    fn what_could_run_a_program_or_leak_a_secret_is_refused_without_repeating_the_secret() {
        for text in [
            "ext::sh -c id",
            "-u/tmp/x",
            "--upload-pack=x",
            "https://u:secret@h/x",
            "https://tok-secret@h/x",
            "fd::17",
            "git://h/x",
            "http://h/x",
            "a\u{1b}b",
            "",
            "ssh://-oProxyCommand=x/y",
            "-h:x",
            "../x",
            "@:x",
        ] {
            let why = Source::parse(text).expect_err(text);
            assert!(!why.contains("secret"), "{why}");
        }
    }

    #[test]
    fn a_branch_cannot_be_an_option_or_a_pattern() {
        assert!(reference("feature/x-1").is_ok());
        for name in ["", "-x", "a..b", "a b", "*", "a:b", "a^", "x/"] {
            assert!(reference(name).is_err(), "{name}");
        }
    }
}
