//! Wishes into the world, the world into messages: terminal, keys, frames, signals, sources. Holds no rule of the program.

pub mod answers;
pub mod clipboard;
pub mod depth;
mod editor;
pub mod encode;
mod exports;
mod files;
mod gate;
pub mod governor;
mod input;
mod notify;
mod outside;
pub mod pace;
mod pen;
mod pipe;
pub mod run;
mod scroll;
pub mod sources;
mod stop;
mod terminal;
mod tty;
pub mod turn;
mod writer;
