//! The options of `routes`.

use std::path::PathBuf;

use clap::Args;

pub(crate) const ROUTES_HELP: &str = "Example:
  sagewarden routes infra/routes.toml > routes.json
  aws cloudformation deploy --template-file routes.json --stack-name sagewarden-routes --capabilities CAPABILITY_IAM

The template has a rule for each route. The rules read the bus of Sagewarden's stack, whose name is the parameter Stack, `sagewarden` if you name none. A route with a chat has one more parameter, the address of its webhook, such as CreditSlackWebhook.

A rule compares names with the fields `people` and `repositories` of findings and drift alerts (docs/EVENTS.md). The topic of Sagewarden's stack gets every notice anyway.
Exit status: 0 written, 2 the file is wrong, with line and column.";

#[derive(Debug, Args)]
pub(crate) struct RoutesOptions {
    /// The file with the routes
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}
