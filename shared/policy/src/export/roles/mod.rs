//! The rights and prohibitions of each role of a machine learning team, as managed policies of IAM.
//!
//! These policies allow. The preventive policies of the controls only deny: a role allows training, and the control that wants a network
//! denies the training job without one.
//!
//! A denial here holds whatever else is attached to the role. IAM also refuses calls that no statement names, until another policy allows
//! them.

mod approver;
mod auditor;
mod mlops;
mod platform;
mod row;
mod scientist;
mod scope;
mod shared;
mod stack;

use sagewarden_settings::Settings;
use thiserror::Error;

use super::document::{PolicyDocument, PolicyKind};
use super::pack::{ExportError, pack};
pub use row::Clause;
use row::Row;
use scope::Scope;
pub use scope::UnknownEnvironment;

/// Who a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeamRole {
    /// Trains and registers models in a notebook; deploys nothing.
    DataScientist,
    /// Runs pipelines, deploys models and monitors them; trains nothing by hand, and approves nothing.
    MlOps,
    /// Approves versions of models, and makes none.
    Approver,
    /// Reads everything about the work of others, and changes nothing.
    Auditor,
    /// Runs Sagewarden's stack and the catalogue; trains nothing and reads no data.
    Platform,
}

impl TeamRole {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::DataScientist, Self::MlOps, Self::Approver, Self::Auditor, Self::Platform];

    /// Its name, as options and files have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DataScientist => "data-scientist",
            Self::MlOps => "mlops",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Platform => "platform",
        }
    }

    fn rows(self) -> &'static [Row] {
        match self {
            Self::DataScientist => scientist::ROWS,
            Self::MlOps => mlops::ROWS,
            Self::Approver => approver::ROWS,
            Self::Auditor => auditor::ROWS,
            Self::Platform => platform::ROWS,
        }
    }
}

/// The policies of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleExport {
    /// As few as the limit allows; together they hold every clause that is not empty.
    pub policies: Vec<PolicyDocument>,
    /// The rights and prohibitions of the role.
    pub clauses: Vec<Clause>,
    /// Patterns of buckets of other environments that are not denied: they fit buckets of this one, too.
    pub undenied: Vec<String>,
}

/// Why a role has no policy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RoleError {
    /// The settings know no such environment.
    #[error(transparent)]
    Environment(#[from] UnknownEnvironment),
    /// A list does not fit into a policy.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// Templates repeat these policies with names of their own, which may be longer, as may be the name of a partition.
const SPARE: usize = 600;

/// The policies of a role by these settings: in an environment, or where no environment is named. `stack` is the name of
/// Sagewarden's stack.
///
/// # Errors
/// When there is no such environment, or a list of the settings does not fit into one policy.
pub fn export(
    role: TeamRole,
    settings: &Settings,
    environment: Option<&str>,
    stack: &str,
) -> Result<RoleExport, RoleError> {
    let scope = Scope::of(settings, environment, stack)?;
    let clauses: Vec<Clause> = role.rows().iter().map(|row| row.clause(&scope)).collect();
    let statements = clauses.iter().filter(|clause| !clause.is_empty());
    let policies = pack(statements.map(|clause| clause.statement.clone()).collect(), PolicyKind::Iam, SPARE)?;
    Ok(RoleExport { policies, clauses, undenied: scope.undenied })
}

#[cfg(test)]
mod tests;
