//! `sagewarden lineage`: a question to a store.

use std::process::ExitCode;

use futures::executor::block_on;
use sagewarden_govern::{Question, lookup_lineage};
use sagewarden_lineage::view::{self, Format};
use sagewarden_local::Store;

use crate::command::LineageOptions;
use crate::error::CommandError;
use crate::output;

pub(crate) fn run(options: &LineageOptions) -> Result<ExitCode, CommandError> {
    let store = Store::open(&options.store)?;
    let format = Format::from(options.format);
    let question = Question { entity: options.entity.clone(), max_nodes: options.max_nodes, format };
    let answer = block_on(lookup_lineage(&store, &question))?;
    let mut text = match format {
        Format::Table => output::components(&view::flat(&answer)),
        _ => view::text(&answer, format),
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    output::say(&text)?;
    Ok(ExitCode::SUCCESS)
}
