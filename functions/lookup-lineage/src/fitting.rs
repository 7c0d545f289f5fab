//! Keeps an answer within Lambda's limits. If Lambda would refuse an answer, this asks again for fewer nodes. The answer then says that it
//! was cut, and its cursor continues it.

use std::io;

use sagewarden_govern::Question;
use sagewarden_govern::ports::Table;
use sagewarden_lambda::FunctionError;
use sagewarden_lineage::answer::{Format, Reply};
use sagewarden_lineage::graph::StoppedBy;
use sagewarden_lineage::walk::Limits;
use sagewarden_view::reply;
use serde_json::Value as Json;

use crate::bounds::Bounds;
use crate::question::ask;

/// Asks and writes until the answer fits. Each round asks for as many nodes as should fit by the size of the last answer.
pub(crate) async fn fitting(
    table: &impl Table,
    question: &Question,
    bounds: Bounds<'_>,
    write: impl Fn(&Reply) -> Result<Json, FunctionError>,
) -> Result<Json, FunctionError> {
    let mut question = question.clone();
    let mut whole = None;
    loop {
        let mut reply = ask(table, &question, bounds).await?;
        if whole.is_some() {
            explain(&mut reply);
        }
        let response = match (write(&reply), whole) {
            (Ok(response), _) => response,
            // Nothing useful would be left of the answer.
            (Err(_), Some(size)) => return Err(too_large(size, bounds.bytes)),
            (Err(error), None) => return Err(error),
        };
        let size = size_of(&response);
        if size <= bounds.bytes {
            return Ok(response);
        }
        let whole = *whole.get_or_insert(size);
        let nodes = nodes_of(&reply, &question);
        if nodes <= 1 {
            return Err(too_large(whole, bounds.bytes));
        }
        let fewer = fewer(nodes, size, bounds.bytes);
        match reply {
            Reply::Listing(_) => question.limit = Some(fewer),
            _ => question.max_nodes = Some(fewer),
        }
    }
}

fn too_large(size: usize, limit: usize) -> FunctionError {
    FunctionError::BadRequest(format!(
        "the answer has {size} bytes, and Lambda's limit is {limit}: ask about fewer nodes, or for another `format`"
    ))
}

/// The answer as text; an empty one would say nothing.
pub(crate) fn written(reply: &Reply, format: Format) -> Result<String, FunctionError> {
    reply::text(reply, format).map_err(|nothing| FunctionError::NotFound(nothing.to_string()))
}

/// A tenth less than what should fit, since nodes differ in size.
fn fewer(nodes: usize, size: usize, limit: usize) -> usize {
    let fit = nodes.saturating_mul(limit) / size.max(1);
    (fit.saturating_mul(9) / 10).clamp(1, nodes - 1)
}

/// How many nodes an answer has; if that is not known, how many it might have.
fn nodes_of(reply: &Reply, question: &Question) -> usize {
    match reply {
        Reply::Lineage(answer) => answer.graph.nodes.len(),
        Reply::Impact(impact) => impact.endpoints.len(),
        Reply::Difference(_) | Reply::History(_) => question.max_nodes.unwrap_or(Limits::default().max_nodes),
        Reply::Listing(listing) => listing.items.len(),
        Reply::Reproduction(_) | Reply::Why(_) | Reply::Gap(_) => 1,
    }
}

/// The question did not ask for so few nodes: Lambda's limit did.
fn explain(reply: &mut Reply) {
    if let Reply::Lineage(answer) = reply
        && answer.graph.stopped_by == Some(StoppedBy::MaxNodes)
    {
        answer.graph.stopped_by = Some(StoppedBy::MaxBytes);
    }
}

/// The bytes of a document as the runtime sends it.
#[must_use]
pub fn size_of(document: &Json) -> usize {
    struct Counter(usize);
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, document) {
        Ok(()) => counter.0,
        // JSON values can always be written. If one could not, its answer would not be sent.
        Err(_) => usize::MAX,
    }
}
