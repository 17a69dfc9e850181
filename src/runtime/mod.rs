//! Wishes into the world, the world into messages: terminal, keys, frames, signals, sources. Holds no rule of the program.

pub mod encode;
pub mod pace;
mod pen;
pub mod turn;
