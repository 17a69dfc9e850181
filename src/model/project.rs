//! Teams, members, projects and their environments.

use serde::{Deserialize, Serialize};

use super::ids::{EnvironmentId, ProjectId, TeamId};
use super::text::Clean;
use super::time::Time;
use super::words::words;

words! {
    /// What a member is called. What a member *may* do is asked of the platform, never inferred from this.
    Role {
        Owner = "owner",
        Admin = "admin",
        Developer = "developer",
        Viewer = "viewer",
    }
}

words! {
    /// How a project stands.
    ProjectState {
        Active = "active",
        Inactive = "inactive",
        Archived = "archived",
    }
}

/// The people who may act on projects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Team {
    pub id: TeamId,
    pub name: Clean,
    pub members: Vec<Member>,
    /// Revision of the last change to it.
    pub rev: u64,
}

/// One person, or one token, of a team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub name: Clean,
    pub role: Role,
}

/// Services that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Project {
    pub id: ProjectId,
    pub team: TeamId,
    pub name: Clean,
    pub state: ProjectState,
    pub environments: Vec<Environment>,
    pub created: Time,
    /// Revision of the last change to it.
    pub rev: u64,
}

/// A place where a project's services run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    pub id: EnvironmentId,
    pub name: Clean,
    /// Customers are here: writes need the name typed, a failed deploy is an incident.
    pub production: bool,
}

impl Environment {
    /// Its name, and whether it is production where the name says something else.
    pub fn words(&self) -> String {
        match (self.production, &*self.name == "production") {
            (true, false) => format!("{} (production)", self.name),
            (false, true) => format!("{} (unguarded)", self.name),
            _ => self.name.to_string(),
        }
    }
}
