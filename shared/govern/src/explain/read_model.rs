//! Reads a model while its archive arrives. Nothing in it is executed.

use std::io::{self, BufReader, Write as _};
use std::thread;

use sagewarden_explain::{Model, ModelError};

use super::deployed::Artifact;
use super::limits::{self, MAX_ARCHIVE, MAX_MODEL};
use super::unexplained::Unexplained;
use crate::detect::attempt::Attempt;
use crate::notify::Moment;
use crate::ports::{Files as _, PortError, PortErrorKind};
use crate::world::World;

const BUFFER: usize = 64 << 10;

/// Reads the model of an archive.
///
/// # Errors
/// If it is no model that can be explained here, it is gone, it may not be read, or S3 does not answer.
pub(super) async fn read(
    world: &impl World,
    artifact: &Artifact,
    moment: &Moment,
) -> Result<Model, Unexplained> {
    let uri = artifact.uri();
    let not_read =
        |why: String| Unexplained::NoSuchModel(format!("the model `{uri}` is not explained: {why}"));
    if artifact.object.size > MAX_ARCHIVE {
        let megabytes = artifact.object.size >> 20;
        return Err(not_read(format!("it has {megabytes} MB, more than {}", MAX_ARCHIVE >> 20)));
    }
    // The file comes from somebody else, and decides how much memory it takes.
    let attempt = Attempt::begin(world.table(), &uri, moment).await?;
    let read = stream(world, artifact).await;
    attempt.end(world.table(), read.is_ok()).await?;
    let model = match read.map_err(Unexplained::of_file)? {
        Some(Ok(model)) => model,
        Some(Err(error)) if error.is_of_damaged_model() => {
            return Err(Unexplained::Broken(format!("the model `{uri}` cannot be read: {error}")));
        }
        Some(Err(error)) => return Err(not_read(error.to_string())),
        None => return Err(Unexplained::Broken(format!("the model `{uri}` no longer exists"))),
    };
    limits::rows(model.features(), model.base_values().len(), model.leaves()).map_err(not_read)?;
    Ok(model)
}

/// S3 sends pieces, and the reader of models asks for them: it has a thread of its own, so that no archive is held.
/// `None` if the archive is gone.
async fn stream(
    world: &impl World,
    artifact: &Artifact,
) -> Result<Option<Result<Model, ModelError>>, PortError> {
    let failed = |error: io::Error| {
        let context = format!("read `{}`", artifact.object.key);
        PortError::new(PortErrorKind::Unavailable, context, error.to_string())
    };
    let (reader, mut writer) = io::pipe().map_err(failed)?;
    let reading =
        thread::spawn(move || Model::read_within(BufReader::with_capacity(BUFFER, reader), None, MAX_MODEL));
    // A reader that has found its model, or ended with an error, takes no more.
    let mut is_taken = true;
    let mut take = |piece: &[u8]| is_taken = is_taken && writer.write_all(piece).is_ok();
    let streamed = world.files().stream(&artifact.bucket, &artifact.object, &mut take).await;
    drop(writer);
    let read = reading.join().map_err(|_| failed(io::Error::other("the reader of models panicked")))?;
    Ok(streamed?.then_some(read))
}
