//! The page of one thing.

use futures::executor::block_on;
use sagewarden_govern::{NoAnswer, Question, entity};
use sagewarden_lineage::answer::Entity;
use sagewarden_lineage::id::NodeKind;
use sagewarden_lineage::rows::node::URI;
use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::WindowReport;
use sagewarden_view::explorer::{Address, EntityPage};

use crate::serve::answered::{Refused, SentPage};
use crate::serve::elsewhere;
use crate::serve::explorer::Explorer;

pub(super) fn page(explorer: &Explorer, address: &Address, asked: &str) -> Result<SentPage, Refused> {
    let entity = found(explorer, address, asked)?;
    let page = EntityPage {
        elsewhere: elsewhere::links(&entity),
        report: report(explorer, &entity)?,
        entity: &entity,
    };
    explorer.shown(&page, address, entity.requests)
}

/// The store knows resources without lineage by their ARN alone: a name that no entity has is looked for there.
pub(super) fn found(explorer: &Explorer, address: &Address, asked: &str) -> Result<Entity, Refused> {
    let question =
        |entity: &str| Question { at: address.get("at").map(str::to_owned), ..Question::about(entity) };
    let answered = match block_on(entity(&explorer.rows, &question(asked))) {
        Err(refusal @ (NoAnswer::Unknown(_) | NoAnswer::Unaddressable(_))) => {
            let gathered = explorer.rows.store().map(|store| explorer.gathered(store)).transpose()?;
            match gathered.and_then(|gathered| gathered.names.only_judged(asked)) {
                Some(arn) => block_on(entity(&explorer.rows, &question(&arn))),
                None => Err(refusal),
            }
        }
        answered => answered,
    };
    answered.map_err(|refusal| explorer.refused(asked, refusal.into()))
}

/// The address of the page that was written about a window of traffic.
fn report(explorer: &Explorer, entity: &Entity) -> Result<Option<String>, Refused> {
    let Some(answer) = &entity.lineage else { return Ok(None) };
    let node = answer.graph.nodes.get(&answer.root).filter(|node| node.id.kind() == NodeKind::Violation);
    let place = node.and_then(|node| S3Location::parse(node.text(URI)?));
    let Some(S3Location { bucket, key }) = place else { return Ok(None) };
    let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
    report_page(explorer, &bucket, folder)
}

/// The address of the page in a folder of evidence, if there is one.
pub(super) fn report_page(
    explorer: &Explorer,
    bucket: &str,
    folder: &str,
) -> Result<Option<String>, Refused> {
    if !explorer.shows(bucket) {
        return Ok(None);
    }
    let key = format!("{folder}/{}", WindowReport::PAGE);
    let is_there = block_on(explorer.evidence.has(bucket, &key))?;
    let parts = ["report", bucket].into_iter().chain(key.split('/'));
    Ok(is_there.then(|| Address::of(parts).to_string()))
}
