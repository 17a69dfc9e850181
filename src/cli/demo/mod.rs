//! `trackside demo`: a platform in a temporary folder, real repositories on it, customers, and a story.

pub mod repos;
pub mod story;
pub mod traffic;
