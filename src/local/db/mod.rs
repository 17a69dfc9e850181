//! The platform's memory: one SQLite file, one writer, one revision for each transaction.

mod error;
mod load;
mod mark;
mod rows;
mod schema;
mod store;
mod writer;

pub use error::DbError;
pub use rows::Outbox;
pub use store::{Answered, Db};
