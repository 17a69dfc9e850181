//! Our own protocol, `trackside.v1`: the types its client and its server share.

pub mod calls;
pub mod digest;
pub mod hex;
pub mod rest;
pub mod stream;
pub mod tokens;
