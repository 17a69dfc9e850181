//! The kinds of source there are: the word in the config, and how one is made.

use super::endpoint::Endpoint;
use super::port::Source;
use super::trackside::source::Trackside;

/// A kind of source.
#[derive(Clone, Copy, Debug)]
pub struct Adapter {
    /// Its word in the config and on the screen.
    pub word: &'static str,
    /// Makes one for an endpoint; nothing is opened before it runs.
    pub make: fn(Endpoint) -> Box<dyn Source>,
}

/// All kinds.
pub const ADAPTERS: &[Adapter] = &[Adapter { word: "trackside", make: |endpoint| Box::new(Trackside::new(endpoint)) }];

/// The kind with that word.
pub fn adapter(word: &str) -> Option<&'static Adapter> {
    ADAPTERS.iter().find(|it| it.word == word)
}
