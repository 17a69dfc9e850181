//! Delivery proven: the stream's two state machines on a simulated faulty network, and validators over what came of it.

mod client;
mod disk;
mod history;
mod model;
mod net;
mod platform;
mod runs;
mod sums;
mod validate;
mod validate_tests;
mod world;
