//! The live endpoints with their lineage, as far as AWS still knows it.

use futures::executor::block_on;
use sagewarden_govern::{Ask, Question, answer};
use sagewarden_lineage::answer::{Answer, Format, Reply};
use sagewarden_lineage::id::NodeKind;
use sagewarden_local::Store;
use sagewarden_view::posture::PostureEndpoint;
use sagewarden_view::reply;

use crate::error::CommandError;
use crate::scan::files::ScanFiles;

/// Endpoints that get a page of their own.
const PAGES: usize = 200;

/// The endpoints in service, each with the page of its lineage.
pub(super) fn endpoints(files: &ScanFiles, store: &Store) -> Result<Vec<PostureEndpoint>, CommandError> {
    let mut names = Vec::new();
    files.each_found(|found| {
        let is_live = found.kind == "endpoint" && found.status.as_deref() == Some("InService");
        if is_live {
            names.push((found.name, found.arn));
        }
        Ok(())
    })?;
    let mut endpoints = Vec::new();
    for (number, (name, arn)) in names.into_iter().enumerate() {
        let question = Question { ask: Ask::Lineage, format: Format::Html, ..Question::about(&arn) };
        // The report names endpoints whose lineage could not be recorded elsewhere.
        let Ok(found) = block_on(answer(store, &question, &|| false)) else { continue };
        let page = format!("{}/{name}.html", ScanFiles::LINEAGE);
        let has_page = number < PAGES;
        if has_page {
            files.write(&page, &reply::text(&found, Format::Html)?)?;
        }
        if let Reply::Lineage(found) = &found {
            endpoints.push(endpoint(name, found, has_page.then_some(page)));
        }
    }
    Ok(endpoints)
}

fn endpoint(name: String, found: &Answer, page: Option<String>) -> PostureEndpoint {
    const NAMED: usize = 3;
    let of = |kind: NodeKind| found.graph.nodes.values().filter(move |node| node.id.kind() == kind);
    let named = |kind: NodeKind| of(kind).map(|node| node.name().to_owned()).collect::<Vec<_>>();
    let words = |all: Vec<String>| {
        let more = all.len().saturating_sub(NAMED);
        let shown = all.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        if more == 0 { shown } else { format!("{shown} and {more} more") }
    };
    // A component may run an image and an artifact without a model.
    let models = named(NodeKind::Model);
    let components: Vec<String> =
        named(NodeKind::InferenceComponent).into_iter().map(|name| format!("component {name}")).collect();
    PostureEndpoint {
        name,
        models: words(if models.is_empty() { components } else { models }),
        jobs: words(named(NodeKind::TrainingJob)),
        data: of(NodeKind::Dataset).count() as u64,
        commits: words(named(NodeKind::Commit)),
        gaps: found.graph.gaps().len() as u64,
        page,
    }
}
