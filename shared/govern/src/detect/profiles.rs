//! Profiles of captured files: made once for each version of a file and each baseline, and kept in the stack's own
//! bucket.

use std::str::FromStr;

use futures::future::try_join_all;
use sagewarden_lineage::s3::hex;
use sagewarden_measure::capture::{CaptureFormat, CaptureReader, ColumnOrder, JoinedRows, RowPath};
use sagewarden_measure::{Detail, Issues, Profile};
use sagewarden_monitor::UnreadableLines;
use sagewarden_settings::{CapturedColumns, DetectedEndpoint};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::memory::{MAX_PROFILE, profiles_at_once};
use super::read_baselines::FoundBaseline;
use super::window_rows::CapturedFile;
use crate::outcome::Failure;
use crate::ports::{Files, Objects};
use crate::world::World;

/// Makes, keeps and reads profiles.
pub(super) struct Profiles<'a, W> {
    pub(super) world: &'a W,
    pub(super) found: &'a FoundBaseline,
    pub(super) said: &'a DetectedEndpoint,
}

/// The result of reading the files of a window.
#[derive(Debug)]
pub(super) struct Merged {
    /// The merged profile of all of them.
    pub(super) profile: Profile,
    /// The lines that could not be read, by file. Like the profile, they are a function of the files alone.
    pub(super) unreadable: Vec<UnreadableLines>,
    /// Files that are gone, and have no stored profile.
    pub(super) gone: Vec<String>,
}

impl<W: World> Profiles<'_, W> {
    /// Merges the profiles of files in their order. The merge of all files but the last is kept: most new files come
    /// after the others, and then only they are merged. A merge depends on the order, so only a merge of the first
    /// files can be used again.
    ///
    /// # Errors
    /// When S3 does not answer.
    pub(super) async fn of(&self, files: &[CapturedFile]) -> Result<Merged, Failure> {
        let (before, last) = files.split_at(files.len().saturating_sub(1));
        let (mut merged, rest) = match self.kept_merged(before).await? {
            Some(merged) => (merged, last),
            None => (Merged { profile: self.empty(), unreadable: Vec::new(), gone: Vec::new() }, files),
        };
        let at_once = profiles_at_once(self.found.baseline.constraints().features.len());
        for some in rest.chunks(at_once) {
            let profiles = try_join_all(some.iter().map(|file| self.profile(file))).await?;
            for (file, profile) in some.iter().zip(profiles) {
                match profile {
                    Some((profile, issues)) => {
                        merged.profile.merge(&profile);
                        merged.unreadable.extend(UnreadableLines::of(&file.uri(), &issues));
                    }
                    None => merged.gone.push(file.uri()),
                }
            }
        }
        // A file that is gone may come back.
        if files.len() > 1 && merged.gone.is_empty() {
            let kept = to_kept(&merged.profile, &merged.unreadable)?;
            // A larger profile could not be read again, so it is made anew.
            if u64::try_from(kept.len()).is_ok_and(|bytes| bytes <= MAX_PROFILE) {
                let key = self.merged_key(files);
                self.world
                    .files()
                    .write(self.world.working_bucket(), &key, "application/octet-stream", &kept)
                    .await?;
            }
        }
        Ok(merged)
    }

    async fn kept_merged(&self, files: &[CapturedFile]) -> Result<Option<Merged>, Failure> {
        if files.len() < 2 {
            return Ok(None);
        }
        let bytes = self
            .world
            .objects()
            .read(self.world.working_bucket(), &self.merged_key(files), MAX_PROFILE)
            .await?;
        let kept = bytes.and_then(|bytes| from_kept(&bytes));
        Ok(kept.map(|(profile, unreadable)| Merged { profile, unreadable, gone: Vec::new() }))
    }

    /// The profile of a file: the stored one, else a new one. `None` if the file is gone.
    async fn profile(&self, file: &CapturedFile) -> Result<Option<(Profile, Issues)>, Failure> {
        let key = self.key(file);
        if let Some(bytes) = self.world.objects().read(self.world.working_bucket(), &key, MAX_PROFILE).await?
            // A profile that another version of this program wrote is made again.
            && let Some(kept) = from_kept(&bytes)
        {
            return Ok(Some(kept));
        }
        let mut profile = self.empty();
        let mut reader = CaptureReader::new(self.format()?);
        let mut sink = JoinedRows(&mut profile);
        let mut take = |piece: &[u8]| reader.push(piece, &mut sink);
        if !self.world.files().stream(&file.bucket, &file.object, &mut take).await? {
            return Ok(None);
        }
        let issues = reader.finish(&mut sink);
        let kept = to_kept(&profile, &issues)?;
        self.world
            .files()
            .write(self.world.working_bucket(), &key, "application/octet-stream", &kept)
            .await?;
        Ok(Some((profile, issues)))
    }

    fn empty(&self) -> Profile {
        self.found.baseline.empty_profile(Detail::Statistics)
    }

    /// A function of three things: the file's version, the baseline whose columns the profile has, and how its rows
    /// are read.
    fn key(&self, file: &CapturedFile) -> String {
        let DetectedEndpoint { columns, input_path, output_path, .. } = self.said;
        let read = format!("{columns:?}|{input_path:?}|{output_path:?}|{}", file.id());
        let digest = hex(&Sha256::digest(format!("{}|{read}", file.bucket)));
        format!("profiles/{}/{digest}.profile", self.found.digest)
    }

    /// The same for several files, in their order.
    fn merged_key(&self, files: &[CapturedFile]) -> String {
        let digest = files.iter().fold(Sha256::new(), |digest, file| digest.chain_update(self.key(file)));
        format!("profiles/{}/{}.merged", self.found.digest, hex(&digest.finalize()))
    }

    fn format(&self) -> Result<CaptureFormat, Failure> {
        let path = |path: &Option<String>| {
            let path = path.as_deref().map(RowPath::from_str).transpose();
            path.map_err(|error| Failure::Reject(error.to_string()))
        };
        let order = match self.said.columns.unwrap_or_default() {
            CapturedColumns::OutputFirst => ColumnOrder::OutputFirst,
            CapturedColumns::InputFirst => ColumnOrder::InputFirst,
            CapturedColumns::Input => ColumnOrder::Input,
            CapturedColumns::Output => ColumnOrder::Output,
        };
        let (input_path, output_path) = (path(&self.said.input_path)?, path(&self.said.output_path)?);
        // If somebody named the columns, that decides.
        let fit = self.said.columns.is_none().then(|| self.found.baseline.expected_columns());
        let plain_texts = !self.found.baseline.texts().is_empty();
        Ok(CaptureFormat { order, input_path, output_path, fit, plain_texts, ..CaptureFormat::default() })
    }
}

/// The stored form of one file or several: first the unreadable lines as a line of JSON, then the profile. Both are
/// kept together, so that the second reader of the file learns as much as the first.
fn to_kept(profile: &Profile, unreadable: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let mut kept = serde_json::to_vec(unreadable).map_err(|error| Failure::Reject(error.to_string()))?;
    kept.push(b'\n');
    kept.extend(profile.to_bytes());
    Ok(kept)
}

fn from_kept<Unreadable: DeserializeOwned>(bytes: &[u8]) -> Option<(Profile, Unreadable)> {
    let (unreadable, profile) = bytes.split_at_checked(bytes.iter().position(|byte| *byte == b'\n')?)?;
    let profile = profile.strip_prefix(b"\n")?;
    Some((Profile::from_bytes(profile).ok()?, serde_json::from_slice(unreadable).ok()?))
}
