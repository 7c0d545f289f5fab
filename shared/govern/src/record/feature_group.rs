//! Feature groups: which data lies in whose offline store, and which jobs fill it.

use sagewarden_events::ResourceKind;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::{DataReference, Observation};
use sagewarden_lineage::rows::NodeRow;
use sagewarden_lineage::rows::node::OFFLINE_STORE;
use sagewarden_lineage::s3::S3Location;

use crate::ports::{PortError, Table};
use crate::record::named::{NamedResource, Tie};

/// The feature group in whose offline store data may lie: its path says which, and the group whether it does ([`holds`]).
pub(crate) fn name_offline_store(
    seen: &Observation,
    data: &NodeId,
    reference: &DataReference,
) -> Option<NamedResource> {
    let name = group_of(&reference.location.key)?;
    Some(NamedResource {
        tie: Tie::MayHold { data: data.clone(), location: reference.location.clone() },
        role: "offline-store".to_owned(),
        resource: seen.resource.sibling(ResourceKind::FeatureGroup, name),
        named_at: reference.as_of,
    })
}

/// Whether a place lies in the offline store of a feature group, as its node says.
pub(crate) async fn holds(
    table: &impl Table,
    group: &NodeId,
    location: &S3Location,
) -> Result<bool, PortError> {
    let node = table.get(&[NodeRow::key(group)]).await?.pop();
    let store = node.as_ref().and_then(|node| S3Location::parse(node.text(OFFLINE_STORE)?));
    Ok(store.is_some_and(|store| lies_under(location, &store)))
}

/// The feature groups that a job wrote to.
pub(crate) fn name_filled_groups(seen: &Observation) -> impl Iterator<Item = NamedResource> + '_ {
    seen.feature_groups.iter().map(|(role, name)| NamedResource {
        tie: Tie::Filled,
        role: role.clone(),
        resource: seen.resource.sibling(ResourceKind::FeatureGroup, name),
        named_at: seen.created_at,
    })
}

/// `…/offline-store/<feature group>-<creation time in epoch seconds>/data…`: "Data format in the offline store", Feature Store
/// developer guide.
fn group_of(key: &str) -> Option<&str> {
    let mut parts = key.split('/').skip_while(|part| *part != "offline-store").skip(1);
    let (name, created) = parts.next()?.rsplit_once('-')?;
    let is_time = !created.is_empty() && created.bytes().all(|byte| byte.is_ascii_digit());
    (is_time && !name.is_empty()).then_some(name)
}

fn lies_under(location: &S3Location, store: &S3Location) -> bool {
    let folder = store.key.trim_end_matches('/');
    let rest = location.key.strip_prefix(folder);
    location.bucket == store.bucket && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_an_offline_store_names_its_group() {
        let check = |key: &str, expect: Option<&str>| assert_eq!(group_of(key), expect, "{key}");
        let store = "f/111122223333/sagemaker/eu-west-1/offline-store/cust-omers-1593737345/data";
        check(store, Some("cust-omers"));
        check(&format!("{store}/year=2026/x.parquet"), Some("cust-omers"));
        check("offline-store/customers/data", None);
        check("data/customers-1593737345", None);
    }

    #[test]
    fn a_store_holds_what_is_under_its_folder_and_not_its_neighbour() {
        let at = |key: &str| S3Location { bucket: "b".into(), key: key.into() };
        assert!(lies_under(&at("s/data/x"), &at("s/data")));
        assert!(lies_under(&at("s/data"), &at("s/data/")));
        assert!(!lies_under(&at("s/data2"), &at("s/data")));
    }
}
