//! `trackside demo`: a platform in a temporary folder, real repositories on it, customers, and a story.

mod folder;
mod play;
mod repos;
mod story;
mod tell;
mod traffic;

pub use play::run;
