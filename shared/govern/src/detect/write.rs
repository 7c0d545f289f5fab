//! Files of a report.

use sagewarden_lineage::s3::S3Location;

use crate::outcome::Failure;
use crate::ports::Files;
use crate::world::World;

pub(super) async fn write(
    world: &impl World,
    folder: &S3Location,
    name: &str,
    body: String,
) -> Result<(), Failure> {
    write_as(world, folder, name, "application/json", body).await
}

pub(super) async fn write_as(
    world: &impl World,
    folder: &S3Location,
    name: &str,
    content_type: &str,
    body: String,
) -> Result<(), Failure> {
    let key = format!("{}/{name}", folder.key);
    Ok(world.files().write(&folder.bucket, &key, content_type, body.as_bytes()).await?)
}
