//! Repositories, through git's own binary: which addresses are allowed, how a commit is fetched, what git's complaints mean.

mod fetch;
mod patience;
mod source;
mod words;

pub use fetch::{Fetch, fetch};
pub use source::{Source, reference};
