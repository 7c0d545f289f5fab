//! The kinds in addresses, and the one that somebody meant who misspelt it.

use sagewarden_events::ResourceKind;
use sagewarden_lineage::id::NodeKind;

use crate::input::nearest::Nearest;

/// The kinds that have names.
pub(crate) fn named() -> impl Iterator<Item = &'static str> {
    ResourceKind::ALL.into_iter().map(ResourceKind::segment).chain(["branch", "tag"])
}

/// The kind that is like the one before the slash, if that is none.
pub(super) fn meant(entity: &str) -> Option<String> {
    let (asked, _) = entity.split_once('/')?;
    let mut nearest = Nearest::to(asked);
    for kind in named().chain(NodeKind::all().map(NodeKind::word)) {
        if kind == asked {
            return None;
        }
        nearest.consider(kind, kind);
    }
    nearest.names().into_iter().next()
}

/// The same with the kind that was meant.
pub(super) fn corrected(entity: &str) -> String {
    match (meant(entity), entity.split_once('/')) {
        (Some(kind), Some((_, name))) => format!("{kind}/{name}"),
        _ => entity.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_kind_is_corrected_and_nothing_else() {
        for (asked, expect) in [
            ("endpiont/x", "endpoint/x"),
            ("traning-job/a/b", "training-job/a/b"),
            ("endpoint/x", "endpoint/x"),
            ("nonsense/x", "nonsense/x"),
            ("endpiont", "endpiont"),
        ] {
            assert_eq!(corrected(asked), expect);
        }
    }
}
