//! Reads the files of a window: predictions first, then their labels.

use sagewarden_monitor::UnreadableLines;
use sagewarden_outcomes::quality::{Join, JoinedPairs, LeftOut, PredictionReader, TruthReader};

use super::files::LabelledFiles;
use super::watch::{BiasWatch, QualityWatch};
use crate::detect::window_rows::CapturedFile;
use crate::outcome::Failure;
use crate::ports::Files;
use crate::world::World;

/// How many bytes of captured files, and of files of labels, are read for one window: as many as the function can
/// read within its minute.
const MAX_CAPTURED: u64 = 1 << 30;
const MAX_LABELS: u64 = 256 << 20;
/// How many predictions are held in memory; of more, an even sample (some 28 MB).
const MAX_IDS: usize = 100_000;

/// The predictions and labels that were read.
#[derive(Debug, Default)]
pub(super) struct LabelledPairs {
    pub(super) joined: JoinedPairs,
    pub(super) unreadable: Vec<UnreadableLines>,
    /// Files that no longer exist.
    pub(super) gone: Vec<String>,
    /// The first id of a prediction, and of a label.
    pub(super) first_ids: [Option<String>; 2],
}

/// Reads the files of a window one by one, and holds no more than a line of each.
///
/// # Errors
/// Rejects a window with too many bytes, and names the file that exceeds the limit; retries if S3 does not answer.
pub(super) async fn read(
    world: &impl World,
    watch: &QualityWatch,
    files: &LabelledFiles,
) -> Result<LabelledPairs, Failure> {
    bounded(&files.captured, MAX_CAPTURED, "captured traffic", "a shorter `window_hours`")?;
    bounded(&files.labels, MAX_LABELS, "labels", "a shorter `ground_truth_delay_hours`")?;
    let mut pairs = LabelledPairs::default();
    let mut join = Join::new(MAX_IDS);
    let mut predictions = PredictionReader::new(watch.attributes.clone(), watch.output_path.clone());
    if let Some(BiasWatch { columns, input_path, .. }) = &watch.bias {
        predictions = predictions.with_facets(columns.clone(), input_path.clone(), watch.output_path.clone());
    }
    for file in &files.captured {
        let mut take = |piece: &[u8]| predictions.push(piece, &mut join);
        let is_there = world.files().stream(&file.bucket, &file.object, &mut take).await?;
        let (issues, left_out) = predictions.finish(&mut join);
        pairs.unreadable.extend(UnreadableLines::of(&file.uri(), &issues));
        pairs.left_out(file, "no-prediction", left_out, is_there);
    }
    let mut truths = TruthReader::new(watch.label.clone(), watch.missing.clone());
    for file in &files.labels {
        let mut take = |piece: &[u8]| truths.push(piece, &mut join);
        let is_there = world.files().stream(&file.bucket, &file.object, &mut take).await?;
        let left_out = truths.finish(&mut join);
        pairs.left_out(file, "no-label", left_out, is_there);
    }
    pairs.first_ids = [predictions.first_id(), truths.first_id()].map(|id| id.map(str::to_owned));
    pairs.joined = join.finish();
    Ok(pairs)
}

impl LabelledPairs {
    fn left_out(&mut self, file: &CapturedFile, kind: &str, left_out: LeftOut, is_there: bool) {
        if !is_there {
            self.gone.push(file.uri());
        }
        if let Some((line, why)) = left_out.first {
            self.unreadable.push(UnreadableLines {
                file: file.uri(),
                kind: kind.to_owned(),
                text: why,
                count: left_out.count,
                lines: vec![line],
            });
        }
    }
}

fn bounded(files: &[CapturedFile], most: u64, what: &str, cure: &str) -> Result<(), Failure> {
    let mut bytes = 0_u64;
    for file in files {
        bytes = bytes.saturating_add(file.object.size);
        if bytes > most {
            return Err(Failure::Reject(format!(
                "the {what} of a window have more than {} MB, from `{}` on: choose {cure} under `quality` in `[[drift.detect.endpoints]]`",
                most >> 20,
                file.uri()
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sagewarden_events::Timestamp;

    use super::*;
    use crate::ports::ObjectVersion;

    #[test]
    fn more_than_is_read_is_refused_by_the_name_of_the_file() {
        let file = |name: &str, size: u64| CapturedFile {
            bucket: "b".to_owned(),
            object: ObjectVersion {
                key: name.to_owned(),
                version_id: None,
                etag: "e".to_owned(),
                size,
                modified_at: Timestamp::from_millis(0),
            },
            sequencer: None,
        };
        let files = [file("a", MAX_LABELS), file("one-too-many", 1)];
        assert!(bounded(&files[..1], MAX_LABELS, "labels", "less").is_ok());
        let error = bounded(&files, MAX_LABELS, "labels", "less").unwrap_err().to_string();
        assert!(error.contains("256 MB, from `s3://b/one-too-many` on: choose less"), "{error}");
    }
}
