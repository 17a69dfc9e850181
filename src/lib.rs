//! trackside

pub mod app;
pub mod local;
pub mod model;
pub mod platform;
pub mod theme;
pub mod wire;
