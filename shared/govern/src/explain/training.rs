//! A training job has ended, and its data was read: the new model explains a sample of that data. The windows of its endpoints are compared
//! with this result later. People usually plot these SHAP values in a notebook by hand.

use sagewarden_events::Timestamp;
use sagewarden_explain::Model;
use sagewarden_lineage::s3::S3Location;
use sagewarden_measure::{Cell, MissingTexts, RowSink};
use serde_json::Value as Json;

use super::deployed::Artifact;
use super::limits;
use super::read_model;
use super::sample::DrawnRows;
use super::smallest::{Rank, Smallest, digest};
use super::summary::summary;
use super::unexplained::Unexplained;
use crate::clarify_files::ANALYSIS;
use crate::counted::counted;
use crate::notify::Moment;
use crate::outcome::Failure;
use crate::ports::{Files as _, ObjectVersion, Objects as _, PortError};
use crate::world::World;

/// Rows that are drawn, and the cells that they have together, at most.
const MOST: usize = 1_000;
const CELLS: usize = 500_000;
/// Objects at the place of an artifact: one, unless a key begins with its name.
const NEIGHBOURS: usize = 10;

/// The text of a cell; `None` for a missing value.
type OwnCell = Option<Box<[u8]>>;

/// A sample of the rows of tables: the same however the rows are spread over files.
#[derive(Debug)]
pub(crate) struct DrawnTable {
    file: u64,
    place: u64,
    held: Smallest<Vec<OwnCell>>,
}

impl DrawnTable {
    /// The columns of a file of this width.
    pub(crate) fn of(file: &str, columns: usize) -> Self {
        let most = (CELLS / columns.max(1)).min(MOST);
        Self { file: digest(file), place: 0, held: Smallest::new(most) }
    }

    /// The sample of this file and others.
    pub(crate) fn merge(&mut self, other: Self) {
        self.place += other.place;
        self.held.merge(other.held);
    }
}

/// Hands rows on, and draws some of them.
pub(crate) struct AlsoDrawn<'a, Sink>(pub(crate) &'a mut Sink, pub(crate) &'a mut DrawnTable);

impl<Sink: RowSink> RowSink for AlsoDrawn<'_, Sink> {
    fn positional(&mut self, cells: &[Cell<'_>]) {
        self.0.positional(cells);
        let Self(_, DrawnTable { file, place, held }) = self;
        *place += 1;
        held.offer(Rank::of(*file, *place), || cells.iter().map(own).collect());
    }

    /// A table has none.
    fn named(&mut self, cells: &[(&str, Cell<'_>)]) {
        self.0.named(cells);
    }
}

fn own(cell: &Cell<'_>) -> OwnCell {
    match cell {
        Cell::Text(text) => Some(Box::from(*text)),
        Cell::Missing => None,
    }
}

/// The artifact and the data of a training job.
pub(crate) struct TrainedModel<'a> {
    /// `DescribeTrainingJob`
    pub(crate) described: &'a Json,
    /// The columns of its data, without labels.
    pub(crate) columns: Vec<String>,
    pub(crate) drawn: DrawnTable,
    /// The folder of the baseline.
    pub(crate) folder: &'a S3Location,
}

/// Keeps the reasons of a new model beside the baseline of its data; returns the result in words.
///
/// # Errors
/// When a service does not answer.
pub(crate) async fn keep(
    world: &impl World,
    trained: TrainedModel<'_>,
    moment: &Moment,
) -> Result<String, Failure> {
    let folder = trained.folder.clone();
    match explain(world, trained, moment).await {
        Ok((rows, text)) => {
            let key = format!("{}/{ANALYSIS}", folder.key);
            world.files().write(&folder.bucket, &key, "application/json", text.as_bytes()).await?;
            Ok(format!("explained {} of it with the model", counted(rows, "row")))
        }
        Err(unexplained) => {
            let unexplained = unexplained.unless_failed()?;
            Ok(format!("its model is not explained: {}", unexplained.why()))
        }
    }
}

async fn explain(
    world: &impl World,
    trained: TrainedModel<'_>,
    moment: &Moment,
) -> Result<(u64, String), Unexplained> {
    let artifact = artifact(world, trained.described).await?;
    let model = read_model::read(world, &artifact, moment).await?;
    let most = limits::rows(model.features(), model.base_values().len(), model.leaves());
    let most = most.map_err(Unexplained::NoSuchModel)?;
    let names = names(&model, trained.columns);
    let missing = world.settings().drift.detect.missing_texts.as_deref();
    let mut rows = DrawnRows::new(&model, names, MissingTexts::named(missing), most);
    let drawn = trained.drawn.held.into_ordered();
    for cells in drawn.iter().take(most) {
        let cells: Vec<Cell<'_>> =
            cells.iter().map(|cell| cell.as_deref().map_or(Cell::Missing, Cell::Text)).collect();
        rows.take(rows.values(&cells));
    }
    let sampled = rows.finish(Vec::new())?;
    let explained = summary(&model, &artifact.uri(), &sampled);
    let text = serde_json::to_string_pretty(&explained.analysis());
    Ok((explained.rows, text.map_err(|error| Unexplained::Broken(error.to_string()))?))
}

/// As windows name them: the model's own names, else the columns'.
fn names(model: &Model, columns: Vec<String>) -> Vec<String> {
    if model.names().is_empty() { columns } else { model.names().to_vec() }
}

/// The artifact that stood at its place when the job ended.
async fn artifact(world: &impl World, described: &Json) -> Result<Artifact, Unexplained> {
    let uri = described.pointer("/ModelArtifacts/S3ModelArtifacts").and_then(Json::as_str);
    let missing = || Unexplained::NoSuchModel("the job left no artifact".to_owned());
    let S3Location { bucket, key } = uri.and_then(S3Location::parse).ok_or_else(missing)?;
    let ended = ["TrainingEndTime", "LastModifiedTime"].iter().find_map(|field| described.get(*field));
    let ended = ended.and_then(Timestamp::from_json).ok_or_else(missing)?;
    let object =
        listed(world, &bucket, &key, ended).await.map_err(Unexplained::of_file)?.ok_or_else(missing)?;
    Ok(Artifact { bucket, object })
}

async fn listed(
    world: &impl World,
    bucket: &str,
    key: &str,
    at: Timestamp,
) -> Result<Option<ObjectVersion>, PortError> {
    let listing = world.objects().versions(bucket, key, at, NEIGHBOURS).await?;
    Ok(listing.objects.into_iter().find(|object| object.key == *key))
}
