//! Keeps the lists of findings. The lists of open and of waived findings are copies of the newest verdict on each resource.
//!
//! A finding closes when a later verdict no longer has it, when the resource was deleted after it came into the judged state, or when
//! `reconcile` made it history because its job ended long ago. Verdicts and deletions arrive in any order. So the copies are made from
//! stored rows, never from the content of a delivery.

use std::collections::BTreeSet;

use sagewarden_events::{Actor, CallMade, Resource, ResourceKind, Timestamp};
use sagewarden_lineage::rows::{
    DeletedRow, ErasedRow, FoundControl, FoundRow, HistoryRow, JudgedRow, JudgementRow, OpenFindingRow,
    VerdictRow, WaivedRow,
};
use sagewarden_lineage::table::{Item, Key, Write};

use crate::ports::{PortError, PortErrorKind, Table};
use crate::record::closure::query_all;

/// How often the lists are corrected because verdicts changed meanwhile, before the record is retried as a whole.
const ROUNDS: usize = 8;

/// Updates the lists from the stored verdicts on a resource. `found` is this delivery's entry in the list of all findings ever.
///
/// INVARIANT: the last read of the verdicts comes after the last write. A process that writes a verdict or a deletion after that read
/// corrects the lists itself. A slower process that writes an older copy then reads the newer verdict, and corrects its copy.
pub(crate) async fn list_findings(
    table: &impl Table,
    subject: &str,
    found: Option<&FoundRow>,
) -> Result<(), PortError> {
    let Some(resource) = VerdictRow::resource(subject) else { return Ok(()) };
    let mut found = found;
    let mut copies = Copies::of(table, &resource, subject).await?;
    for _ in 0..ROUNDS {
        let writes = copies.missing(table, found.take()).await?;
        if writes.is_empty() {
            return Ok(());
        }
        table.write(&writes).await?;
        let again = Copies::of(table, &resource, subject).await?;
        if again == copies {
            return Ok(());
        }
        copies = again;
    }
    let context = format!("list the findings of {resource}");
    Err(PortError::new(PortErrorKind::Unavailable, context, "its verdicts change too fast"))
}

/// The entries of a resource in the lists.
#[derive(PartialEq, Eq)]
struct Copies {
    wanted: Vec<Item>,
    /// The keys under which entries may be: one for each severity that any verdict on the resource ever had.
    places: BTreeSet<Key>,
}

impl Copies {
    async fn of(table: &impl Table, resource: &Resource, subject: &str) -> Result<Self, PortError> {
        let rows = query_all(table, VerdictRow::and_judgements(subject)).await?;
        let verdicts: Vec<VerdictRow> = rows.iter().filter_map(VerdictRow::parse).collect();
        let judgements = rows.iter().filter_map(JudgementRow::parse).map(|JudgementRow(verdict)| verdict);
        let mut places = BTreeSet::new();
        for verdict in verdicts.iter().cloned().chain(judgements) {
            let worst =
                OpenFindingRow::of_verdict(&verdict, None).and_then(|row| FoundControl::worst(&row.controls));
            places.extend(worst.map(|severity| OpenFindingRow::key(severity, resource, subject)));
            places.extend(WaivedRow::of_verdict(&verdict, None).map(|_| WaivedRow::key(resource, subject)));
        }
        let mut wanted = Vec::new();
        if let Some(newest) = verdicts.iter().max_by_key(|verdict| verdict.order()) {
            let owner = rows.iter().find_map(owner);
            let history = rows.iter().find_map(HistoryRow::parse);
            if history.is_none_or(|history| history.until < newest.modified_at) {
                let open = OpenFindingRow::of_verdict(newest, owner.as_deref());
                wanted.extend(open.and_then(|row| row.item()));
            }
            wanted.extend(WaivedRow::of_verdict(newest, owner.as_deref()).and_then(|row| row.item()));
            if !wanted.is_empty() && is_deleted(table, resource, newest.modified_at).await? {
                wanted.clear();
            }
        }
        Ok(Self { wanted, places })
    }

    /// The writes that make the stored lists say this. A read costs a fifth of a write, and most deliveries find everything in place.
    async fn missing(&self, table: &impl Table, found: Option<&FoundRow>) -> Result<Vec<Write>, PortError> {
        let mut keys: Vec<Key> = self.places.iter().cloned().collect();
        keys.extend(found.map(FoundRow::key));
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let stored = table.get(&keys).await?;
        let wanted = self.wanted.iter().filter(|item| !stored.contains(item));
        let mut writes: Vec<Write> = wanted.cloned().map(Write::Put).collect();
        let is_wanted = |key: &Key| self.wanted.iter().any(|item| item.key == *key);
        let stale = stored.iter().filter(|item| self.places.contains(&item.key) && !is_wanted(&item.key));
        writes.extend(stale.map(|item| Write::Delete(item.key.clone())));
        let is_new = |row: &&FoundRow| !stored.contains(&row.item());
        writes.extend(found.filter(is_new).map(FoundRow::write));
        Ok(writes)
    }
}

async fn is_deleted(table: &impl Table, resource: &Resource, from: Timestamp) -> Result<bool, PortError> {
    Ok(!table.query(&DeletedRow::since(resource, from)).await?.items.is_empty())
}

/// Who created the resource, as its finding names them.
fn owner(row: &Item) -> Option<String> {
    let actor: Actor = serde_json::from_str(row.text(VerdictRow::ACTOR)?).ok()?;
    actor.name()
}

/// Notes that what was found on a job that was last changed at `until` is history, and closes the findings.
pub(crate) async fn make_history(
    table: &impl Table,
    subject: &str,
    until: Timestamp,
) -> Result<(), PortError> {
    table.write(&[HistoryRow { subject: subject.to_owned(), until }.write()]).await?;
    list_findings(table, subject, None).await
}

/// Notes that a resource was deleted, and closes the findings on it.
pub(crate) async fn note_deletion(
    table: &impl Table,
    resource: &Resource,
    at: Timestamp,
) -> Result<(), PortError> {
    table.write(&[Write::Put(DeletedRow::of(resource, at).item())]).await?;
    let judged = table.get(&[JudgedRow::key(resource)]).await?;
    list_incarnations(table, judged.iter().find_map(JudgedRow::parse).as_ref()).await
}

/// Brings the lists up to date for every incarnation of a name that was judged.
pub(crate) async fn list_incarnations(
    table: &impl Table,
    judged: Option<&JudgedRow>,
) -> Result<(), PortError> {
    for subject in judged.iter().flat_map(|row| &row.incarnations) {
        list_findings(table, subject, None).await?;
    }
    Ok(())
}

/// Notes that somebody erased the description of a job. Descriptions of other resources hold no evidence that the lineage lacks.
pub(crate) async fn note_erasure(
    table: &impl Table,
    resource: &Resource,
    call: &CallMade,
) -> Result<(), PortError> {
    if !matches!(resource.kind, ResourceKind::TrainingJob | ResourceKind::ProcessingJob) {
        return Ok(());
    }
    let row =
        ErasedRow { at: call.time, arn: resource.arn(), call: call.name.clone(), by: call.actor.name() };
    table.write(&[Write::Put(row.item())]).await
}
