//! Which places a context's token can come from, in their order; and the place where `login` puts one.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::config::{Context, check_name};
use crate::platform::token::keyring::Entry;
use crate::platform::token::place::Place;

/// The folder beside the config file in which `login` keeps tokens.
const TOKENS: &str = "tokens";

/// What this start of the program was given besides the config.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// `--token-file`.
    pub token_file: Option<PathBuf>,
    /// `TRACKSIDE_TOKEN` counts. It belongs to the context of this start: it never goes to another platform.
    pub env: bool,
    /// Where `login` keeps tokens.
    pub folder: Option<PathBuf>,
}

impl Given {
    /// With this command line, and the config file there.
    pub fn new(token_file: Option<&Path>, config: &Path) -> Self {
        Self { token_file: token_file.map(Path::to_owned), env: true, ..Self::of_another(config) }
    }

    /// For another context than that of this start.
    pub fn of_another(config: &Path) -> Self {
        Self { token_file: None, env: false, folder: config.parent().map(|it| it.join(TOKENS)) }
    }

    /// The file in which `login` keeps the token of a context.
    pub fn kept(&self, context: &str) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        check_name(context).ok().map(|()| folder.join(context))
    }
}

/// The places of its token: what was given with this start, then what the context names, then what `login` kept.
pub fn places(context: &Context, given: &Given) -> Vec<Place> {
    if let Some(file) = &given.token_file {
        return vec![Place::File(file.clone())];
    }
    let mut all = Vec::new();
    let env = std::env::var("TRACKSIDE_TOKEN").ok().filter(|it| given.env && !it.is_empty());
    all.extend(env.map(|it| Place::Given(SecretString::from(it.trim()))));
    all.extend(context.token_env.clone().map(Place::Env));
    if !context.token_command.is_empty() {
        all.push(Place::Command(context.token_command.clone()));
    }
    all.extend(context.keyring.then(|| entry(context)).flatten().map(Place::Keyring));
    all.extend(context.token_file.clone().map(Place::File));
    let kept = given.kept(&context.name).zip(context.url.clone());
    all.extend(kept.map(|(path, url)| Place::Kept { path, url }));
    all
}

/// Its entry in the keyring; a platform of this machine has none.
pub fn entry(context: &Context) -> Option<Entry> {
    Some(Entry { context: context.name.clone(), url: context.url.clone()? })
}
