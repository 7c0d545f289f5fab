//! Facts of inference components, which put a model, or an image with an artifact, onto an endpoint without a configuration.

use super::context::{Context, Facts, flags, is_pinned};
use super::serving::are_approved;
use crate::reader::Reader;

/// A component has one specification, or one for each type of instance.
const SPECIFICATIONS: [&str; 2] = ["Specification", "Specifications[]"];
/// The image: its place in a request, and its place in a description, which has the resolved image beside it.
const IMAGES: [&str; 2] = ["Container.Image", "Container.DeployedImage.SpecifiedImage"];

pub(super) fn inference_component(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let specifications: Vec<Reader<'_>> = SPECIFICATIONS.iter().flat_map(|path| reader.parts(path)).collect();
    let images = specifications.iter().flat_map(|each| IMAGES.iter().flat_map(|path| each.texts(path)));
    let images_pinned = images.filter(|image| !is_pinned(image)).count() == 0;
    if !images_pinned {
        context.unreadable.decides("imagesPinned");
    }
    flags([
        ("approved", is_approved(context, &specifications)),
        ("dataAllowed", context.listed("dataAllowed")),
        ("dataVersioned", context.inputs_versioned()),
        ("imagesAllowed", context.listed("imagesAllowed")),
        ("imagesPinned", images_pinned),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

/// Every specification names a model, and all models come from approved packages. An image or artifact of its own comes from no package,
/// whatever else the component names.
fn is_approved(context: &Context<'_>, specifications: &[Reader<'_>]) -> bool {
    let approved = are_approved(context);
    let own = specifications.iter().filter(|each| each.has_part("Container")).count();
    if own > 0 {
        context.unreadable.decides("approved");
    }
    let named = specifications.iter().filter(|each| each.has_text("ModelName")).count();
    approved && own == 0 && !specifications.is_empty() && named == specifications.len()
}
