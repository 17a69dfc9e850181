//! The tokens as they are now, shared by all who ask whose one is. Whoever was let in with one hears when it ends.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use tokio_util::sync::CancellationToken;

use crate::local::port::Actor;
use crate::model::project::Role;
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};
use crate::wire::tokens::TokenInfo;

use super::kept::Kept;
use super::secret::hash;

/// The tokens a platform knows. Clones are the same tokens.
#[derive(Clone, Debug, Default)]
pub struct Tokens(Arc<RwLock<Vec<Token>>>);

#[derive(Clone, Debug)]
struct Token {
    actor: Actor,
    hash: [u8; 32],
    /// `None`: of the platform itself, for ever.
    kept: Option<Kept>,
    revoked: CancellationToken,
}

/// What somebody was let in with.
#[derive(Clone, Debug)]
pub struct Pass {
    pub actor: Actor,
    expires: Option<Time>,
    revoked: CancellationToken,
}

/// Whose token a secret is.
#[derive(Clone, Debug)]
pub enum Found {
    Pass(Pass),
    /// It was one until then.
    Over(Clean, Time),
    Unknown,
}

impl Pass {
    /// How long it is still good at `now`; `None`: until it is revoked.
    pub fn left(&self, now: Time) -> Option<Millis> {
        self.expires.map(|it| it.since(now))
    }

    /// Waits until it is revoked.
    pub async fn revoked(&self) {
        self.revoked.cancelled().await;
    }
}

impl Tokens {
    /// Adds a token that is never revoked and never ends, under a name of its own.
    pub fn add(&self, name: &str, role: Role, secret: &str) {
        let actor = Actor { name: Clean::new(name), role };
        self.change(|all| all.push(Token { actor, hash: hash(secret), kept: None, revoked: CancellationToken::new() }));
    }

    /// From now on these are the tokens beside the platform's own. Those that are no longer among them are revoked.
    pub fn keep(&self, kept: &BTreeMap<String, Kept>) {
        self.change(|all| {
            all.retain(|it| {
                let stays = it.kept.as_ref().is_none_or(|old| kept.get(it.actor.name.as_str()) == Some(old));
                if !stays {
                    it.revoked.cancel();
                }
                stays
            });
            for (name, new) in kept {
                let known = all.iter().any(|it| it.kept.is_some() && *it.actor.name == **name);
                // A hash that cannot be read is nobody's.
                if let (false, Some(hash)) = (known, bytes(&new.hash)) {
                    let actor = Actor { name: Clean::new(name), role: new.role.clone() };
                    all.push(Token { actor, hash, kept: Some(new.clone()), revoked: CancellationToken::new() });
                }
            }
        });
    }

    /// Whose token `secret` is. Compares with every token, each in constant time.
    pub fn find(&self, secret: &str, now: Time) -> Found {
        let asked = hash(secret);
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = u64::MAX;
        for (index, token) in (0u64..).zip(all.iter()) {
            let same: Choice = token.hash.ct_eq(&asked);
            found.conditional_assign(&index, same);
        }
        let Some(token) = usize::try_from(found).ok().and_then(|it| all.get(it)) else { return Found::Unknown };
        let expires = token.kept.as_ref().and_then(|it| it.expires);
        match expires {
            Some(at) if at <= now => Found::Over(token.actor.name.clone(), at),
            _ => Found::Pass(Pass { actor: token.actor.clone(), expires, revoked: token.revoked.clone() }),
        }
    }

    /// All of them, without what opens doors.
    pub fn list(&self) -> Vec<TokenInfo> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let info = |it: &Token| TokenInfo {
            name: it.actor.name.clone(),
            role: it.actor.role.clone(),
            created: it.kept.as_ref().map(|it| it.created),
            by: it.kept.as_ref().map(|it| it.by.clone()),
            expires: it.kept.as_ref().and_then(|it| it.expires),
        };
        all.iter().map(info).collect()
    }

    /// A writer that panicked left nothing half-done that would let a stranger in: the worst is a token that is missing.
    fn change(&self, change: impl FnOnce(&mut Vec<Token>)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

fn bytes(hex: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::auth::hash_hex;

    fn kept(secret: &str, expires: Option<Time>) -> Kept {
        Kept { role: Role::Developer, hash: hash_hex(secret), created: Time(1), by: "owner".into(), expires }
    }

    #[test]
    fn a_token_is_found_by_its_secret_until_it_ends_or_is_revoked() {
        let tokens = Tokens::default();
        tokens.add("owner", Role::Owner, "ours");
        tokens.keep(&BTreeMap::from([("ci".to_owned(), kept("a", Some(Time(100)))), ("bob".to_owned(), kept("b", None))]));
        let Found::Pass(ci) = tokens.find("a", Time(99)) else { panic!("good until 100") };
        assert_eq!((&*ci.actor.name, ci.left(Time(40))), ("ci", Some(Millis(60))));
        assert!(matches!(tokens.find("a", Time(100)), Found::Over(name, Time(100)) if &*name == "ci"));
        assert!(matches!(tokens.find("c", Time(1)), Found::Unknown));
        tokens.keep(&BTreeMap::from([("bob".to_owned(), kept("b", None))]));
        assert!(ci.revoked.is_cancelled());
        assert!(matches!(tokens.find("a", Time(1)), Found::Unknown));
        let Found::Pass(bob) = tokens.find("b", Time(1)) else { panic!("still there") };
        assert!(!bob.revoked.is_cancelled(), "what is kept is kept open");
        tokens.keep(&BTreeMap::from([("bob".to_owned(), kept("other", None))]));
        assert!(bob.revoked.is_cancelled(), "the same name with another secret is another token");
        assert!(matches!(tokens.find("ours", Time(1)), Found::Pass(_)), "the platform's own stay");
    }
}
