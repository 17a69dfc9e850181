//! What each role may do.

use crate::local::port::Actor;
use crate::model::link::{Can, Caps};
use crate::model::project::Role;
use crate::model::request::Request;

/// Whether `request` is for owners and admins only.
pub const fn takes_admin(request: &Request) -> bool {
    matches!(
        request,
        Request::CreateProject(_)
            | Request::RemoveProject(_)
            | Request::RemoveService(_)
            | Request::CreateToken(_)
            | Request::RevokeToken(_)
    )
}

/// Whether `role` may see who has tokens.
pub const fn may_list(role: &Role) -> bool {
    matches!(role, Role::Owner | Role::Admin)
}

/// Whether `role` may ask for `request`; if not, why.
pub fn may(role: &Role, request: &Request) -> Can {
    match role {
        _ if !request.writes() => Can::YES,
        Role::Owner | Role::Admin => Can::YES,
        Role::Developer if !takes_admin(request) => Can::YES,
        Role::Developer => Can::No(format!("{} needs an admin", request.name()).into()),
        Role::Viewer => Can::No("this token may only look".into()),
        Role::Other(_) => Can::No("this token's role is not known here".into()),
    }
}

/// What `actor` may do, as `GET /me` says it.
pub fn caps(actor: &Actor) -> Caps {
    let write = match &actor.role {
        Role::Owner | Role::Admin | Role::Developer => Can::YES,
        Role::Viewer => Can::No("this token may only look".into()),
        Role::Other(_) => Can::No("this token's role is not known here".into()),
    };
    Caps {
        user: actor.name.clone(),
        role: Some(actor.role.clone()),
        deploy: write.clone(),
        rollback: write.clone(),
        restart: write.clone(),
        cancel: write.clone(),
        stop: write.clone(),
        scale: write.clone(),
        incidents: write.clone(),
        variables: write.clone(),
        create: match &actor.role {
            Role::Developer => Can::No("creating a project needs an admin".into()),
            _ => write,
        },
        log_history: true,
        metric_history: true,
    }
}
