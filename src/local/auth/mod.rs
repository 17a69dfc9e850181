//! Who may ask: tokens, the file of the owner's token, and what each role may do. Secrets are kept as hashes only.

mod kept;
mod may;
mod owner;
mod secret;
mod tokens;

pub use kept::{Kept, OWNER};
pub use may::{caps, may, may_list, takes_admin};
pub use owner::{TokenError, owner_token};
pub use secret::{fresh, hash_hex};
pub use tokens::{Found, Pass, Tokens};
