//! `sagewarden routes`: a CloudFormation template with a rule for each route of `routes.toml`.

mod message;
mod template;

use std::process::ExitCode;

use sagewarden_settings::{NoticeRoute, Routes};

use crate::command::routes::RoutesOptions;
use crate::error::CommandError;
use crate::input;
use crate::output;

/// Writes the template, and says in words what each route does.
pub(crate) fn run(options: &RoutesOptions) -> Result<ExitCode, CommandError> {
    let file = &options.file;
    let routes = Routes::from_text(&input::text(file)?)
        .map_err(|error| CommandError::WrongRoutes(error.in_file(&file.display().to_string())))?
        .routes;
    if routes.is_empty() {
        return Err(CommandError::NoRoute(file.clone()));
    }
    let template = template::template(&routes)?;
    let text = template::text(&template);
    if let Some(limit) = template::exceeded(&template, &text) {
        return Err(CommandError::LongTemplate(limit));
    }
    let length = text.len();
    output::print_document(text)?;
    if length > template::SENT {
        output::warn(format_args!(
            "note: the template has {length} bytes, and a request takes {}: add `--s3-bucket BUCKET` to `aws cloudformation deploy`",
            template::SENT
        ));
    }
    routes.iter().for_each(|route| output::warn(format_args!("{}", words(route))));
    Ok(ExitCode::SUCCESS)
}

fn words(route: &NoticeRoute) -> String {
    let NoticeRoute { name, people, repositories, email, topics, chat } = route;
    let about = people.iter().cloned().chain(repositories.iter().map(|name| format!("repository {name}")));
    let about = about.collect::<Vec<_>>().join(", ");
    let chat =
        chat.map(|chat| format!("{} (parameter {})", message::name(chat), template::webhook(route, chat)));
    let to = email.iter().chain(topics).cloned().chain(chat).collect::<Vec<_>>().join(", ");
    format!("{name}: what concerns {about} goes to {to}")
}
