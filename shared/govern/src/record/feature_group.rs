//! Feature groups: which data lies in whose offline store, and which jobs fill it.

use sagewarden_events::ResourceKind;
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::{DataReference, Observation};
use sagewarden_lineage::record::{NODE, Record};
use sagewarden_lineage::s3::S3Location;
use sagewarden_lineage::table::Key;

use crate::outcome::Failure;
use crate::ports::Table;
use crate::record::RecordLineage;
use crate::world::World;

impl<W: World> RecordLineage<'_, W> {
    /// Links data to the feature group in whose offline store it lies: the path says which that may be, and the group whether
    /// it is.
    pub(crate) async fn link_offline_store(
        &self,
        record: &mut Record,
        data: &NodeId,
        reference: &DataReference,
        seen: &Observation,
    ) -> Result<(), Failure> {
        let Some(name) = group_of(&reference.location.key) else { return Ok(()) };
        let group = seen.resource.sibling(ResourceKind::FeatureGroup, name);
        let Some(id) = self.incarnation(&group, reference.as_of).await? else { return Ok(()) };
        let node = self.world.table().get(&[Key::new(id.as_str(), NODE)]).await?.pop();
        let store = node.as_ref().and_then(|node| S3Location::parse(node.text("offline_store")?));
        if store.is_some_and(|store| lies_under(&reference.location, &store)) {
            record.edge(data, &InEdge::new(Relation::ContributedTo, "offline-store", id));
        }
        Ok(())
    }

    /// The feature groups that a job wrote to. They have unboundedly many writers, so the job alone remembers.
    pub(crate) async fn link_feature_groups(
        &self,
        record: &mut Record,
        seen: &Observation,
    ) -> Result<(), Failure> {
        for (role, name) in &seen.feature_groups {
            let group = seen.resource.sibling(ResourceKind::FeatureGroup, name);
            match self.incarnation(&group, seen.created_at).await? {
                Some(id) => record.written_to(&seen.id, role, &id),
                None => {
                    record.gap(&seen.id, role, format!("{group} was deleted before it could be recorded"));
                }
            }
        }
        Ok(())
    }
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
