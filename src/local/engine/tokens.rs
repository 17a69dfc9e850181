//! Tokens: made and revoked. The engine sees the hash of a secret, never a secret.

use crate::local::auth::{Kept, OWNER};
use crate::local::port::{Command, Refusal};
use crate::model::event::ObjectRef;
use crate::model::project::{Member, Role};
use crate::model::request::{Fault, NewToken};
use crate::model::text::Clean;
use crate::model::time::Millis;

use super::checks::{self, conflict, invalid, missing};
use super::turn::{PLATFORM, Turn};
use super::writes::Written;

/// Most tokens, so that finding one stays cheap.
const TOKENS: usize = 500;
/// Shortest and longest life of one that ends by itself.
const LIVES: std::ops::RangeInclusive<Millis> = Millis::secs(1)..=Millis::hours(24 * 3660);

impl Turn<'_> {
    pub fn create_token(&mut self, it: &NewToken, command: &Command) -> Written {
        checks::name(&it.name, "token")?;
        if it.name == OWNER || it.name == PLATFORM {
            return Err(conflict(format!("the name `{}` is the platform's own", it.name)));
        }
        if let Role::Other(word) = &it.role {
            return Err(invalid(format!("the role `{word}` is none of owner, admin, developer, viewer")));
        }
        may_hand_out(command, &it.role)?;
        if it.expires_in.is_some_and(|it| !LIVES.contains(&it)) {
            return Err(invalid("a token that ends by itself lives for a second at least and ten years at most"));
        }
        if self.s.tokens.get(&it.name).is_some_and(|old| !old.is_over(self.now)) {
            return Err(conflict(format!("there is a token `{}` already: revoke it first, or take another name", it.name)));
        }
        if self.s.tokens.len() >= TOKENS {
            self.forget_ended();
        }
        if self.s.tokens.len() >= TOKENS {
            return Err(conflict(format!("there are {TOKENS} tokens already: revoke some first")));
        }
        let Some(hash) = command.secret.clone() else { return Err(invalid("a token needs a secret")) };
        let expires = it.expires_in.map(|it| self.now + it);
        let kept = Kept { role: it.role.clone(), hash, created: self.now, by: command.actor.name.clone(), expires };
        let until = expires.map_or_else(String::new, |at| format!(", until {at}"));
        self.s.tokens.insert(it.name.clone(), kept);
        self.keep_token(&it.name);
        Ok((format!("token {} made: {}{until}", it.name, it.role), self.member(&it.name, Some(&it.role))))
    }

    pub fn revoke_token(&mut self, name: &str, command: &Command) -> Written {
        if name == OWNER {
            return Err(conflict("the owner's token is the file `token` in the data folder: delete it and start the platform again"));
        }
        let old = self.s.tokens.get(name).ok_or_else(|| missing(format!("no token `{}`", Clean::new(name))))?;
        may_hand_out(command, &old.role)?;
        self.s.tokens.remove(name);
        self.keep_token(name);
        Ok((format!("token {name} revoked"), self.member(name, None)))
    }

    /// Makes room: tokens that have ended are of no use but to be looked at.
    fn forget_ended(&mut self) {
        let ended: Vec<String> = self.s.tokens.iter().filter(|(_, it)| it.is_over(self.now)).map(|(name, _)| name.clone()).collect();
        for name in ended {
            self.s.tokens.remove(name.as_str());
            self.keep_token(&name);
            self.member(&name, None);
        }
    }

    fn keep_token(&mut self, name: &str) {
        let json = self.s.tokens.get(name).and_then(|it| serde_json::to_string(it).ok());
        self.keep("token", name, json);
    }

    /// Who has a token is of the team.
    fn member(&mut self, name: &str, role: Option<&Role>) -> Option<ObjectRef> {
        let team = self.s.teams.values_mut().next()?;
        team.members.retain(|it| *it.name != *name);
        team.members.extend(role.map(|role| Member { name: Clean::new(name), role: role.clone() }));
        let of = ObjectRef::Team(team.id.clone());
        self.dirty.insert(of.clone());
        Some(of)
    }
}

/// Nobody gives, or takes, more than they have themselves.
fn may_hand_out(command: &Command, role: &Role) -> Result<(), Refusal> {
    if *role == Role::Owner && command.actor.role != Role::Owner {
        return Err(Refusal::Fault(Fault::Forbidden("an owner's token is made and revoked by an owner".into())));
    }
    Ok(())
}
