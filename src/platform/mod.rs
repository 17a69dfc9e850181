//! Where wires become events. A source owns its connection for ever and says how it stands; an adapter is a kind of source.

pub mod adapters;
pub mod answer;
pub mod clock;
pub mod endpoint;
pub mod http;
pub mod late;
pub mod patience;
pub mod poll;
pub mod port;
pub mod retry;
pub mod sink;
pub mod token;
pub mod trackside;
pub mod trouble;
pub mod ws;
