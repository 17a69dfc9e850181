//! Repositories, through git's own binary: which addresses are allowed, how a commit is fetched, what lies between two, what git's complaints mean.

mod fetch;
mod patience;
mod range;
mod source;
mod words;

pub use fetch::{Fetch, fetch};
pub use range::{RangeError, range};
pub use source::{Source, reference};
