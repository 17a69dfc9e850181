//! Where a token comes from, how it is asked for anew, and how it never gets out.

pub mod keyring;
pub mod place;
mod program;
pub mod secrets;
pub mod trouble;
