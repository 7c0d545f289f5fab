//! The actions on a resource, and the policies for each.

use cedar_policy::{ActionConstraint, EntityUid, Policy, ResourceConstraint};

/// The entity type of actions.
pub(crate) const ACTION: &str = "Action";

/// The event of a resource that policies judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    /// The resource runs, serves or is kept, according to its description.
    Run,
    /// Its description is erased.
    Erase,
    /// Somebody asks for an address or session with which to work as its user.
    Open,
}

impl Action {
    pub(crate) const ALL: [Self; 3] = [Self::Run, Self::Erase, Self::Open];

    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Erase => "erase",
            Self::Open => "open",
        }
    }
}

/// Whether a policy can apply to resources of an entity type, for an action.
pub(crate) fn applies(policy: &Policy, entity_type: &str, action: Action) -> bool {
    let resource = match policy.resource_constraint() {
        ResourceConstraint::Is(name) | ResourceConstraint::IsIn(name, _) => name.to_string() == entity_type,
        _ => true,
    };
    let is_action =
        |uid: &EntityUid| uid.type_name().to_string() == ACTION && uid.id().unescaped() == action.id();
    let action = match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(one) => is_action(&one),
        ActionConstraint::In(several) => several.iter().any(is_action),
    };
    resource && action
}
