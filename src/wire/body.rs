//! The bodies of writes, where a path does not say all. A write without anything to add has an empty body or `{}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::ids::DeploymentId;
use crate::model::incident::Severity;

/// `POST /services/{id}/deploy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeployBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// `POST /services/{id}/rollback`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackBody {
    pub to: DeploymentId,
}

/// `POST /services/{id}/scale`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleBody {
    pub replicas: u16,
}

/// `PUT /services/{id}/variables`. `null` unsets; what is not named stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariablesBody {
    pub variables: BTreeMap<String, Option<String>>,
}

/// `POST /incidents/{id}/resolve`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResolveBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// `POST /incidents/{id}/severity`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeverityBody {
    pub severity: Severity,
}

/// `POST /incidents/{id}/notes`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    pub text: String,
}
