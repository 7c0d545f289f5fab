//! Where it is kept that a resource of some name was judged. Lineage asks for it too, and is recorded without judging.

use sagewarden_events::Resource;
use sagewarden_lineage::table::Key;

/// Says that a resource of this name was judged, even if it is gone before anything else is recorded of it.
pub(crate) fn judged_key(resource: &Resource) -> Key {
    Key::new(format!("K#judged#{}", resource.arn().to_lowercase()), "#")
}
