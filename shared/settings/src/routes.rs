//! `routes.toml`: which people and teams hear of findings and alerts that concern them. No function reads this file: `sagewarden routes` makes
//! EventBridge rules of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::check::{checked, words};
use crate::file::FileError;

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routes {
    /// In the order of the file.
    #[serde(default)]
    pub routes: Vec<NoticeRoute>,
}

/// Where notices go that concern some people or repositories.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRoute {
    /// Its name: letters, digits and hyphens.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// People, in lower case with `*`: owners by tag or registry, and who started, changed or deployed something.
    #[serde(default, deserialize_with = "patterns")]
    pub people: Vec<String>,
    /// Repositories, in lower case with `*`.
    #[serde(default, deserialize_with = "patterns")]
    pub repositories: Vec<String>,
    /// Addresses of e-mail.
    #[serde(default, deserialize_with = "addresses")]
    pub email: Vec<String>,
    /// ARNs of SNS topics that exist.
    #[serde(default, deserialize_with = "topics")]
    pub topics: Vec<String>,
    /// The chat that gets the messages. The file does not hold the address of its webhook, because that address is a secret.
    pub chat: Option<Chat>,
}

/// A chat that takes messages at a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chat {
    /// An incoming webhook of a Slack app.
    Slack,
    /// A workflow of Microsoft Teams that posts what its webhook receives.
    Teams,
}

impl Routes {
    /// The name of the file.
    pub const FILE: &str = "routes.toml";

    /// Reads the text of the file.
    ///
    /// # Errors
    /// If a field is unknown, a value is invalid, or a route leads nowhere or from nobody.
    pub fn from_text(text: &str) -> Result<Self, FileError> {
        let found: Self = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            FileError::new(Self::FILE, text, offset, error.message())
        })?;
        let mut ids = BTreeMap::new();
        for route in &found.routes {
            let same = ids.insert(route.id(), &route.name);
            if let Some(reason) = route.fault(same.map(String::as_str)) {
                let offset = place(text, &route.name).unwrap_or(0);
                return Err(FileError::new(Self::FILE, text, offset, reason));
            }
        }
        Ok(found)
    }
}

/// Where the last route of this name stands: behind its `name =`, in quotation marks of any kind.
fn place(text: &str, name: &str) -> Option<usize> {
    let is_name = |at: &usize| {
        let rest = text.get(*at..).unwrap_or_default().trim_start_matches("name").trim_start();
        let value = rest.strip_prefix('=').map(|value| value.trim_start().trim_start_matches(['"', '\'']));
        value.is_some_and(|value| value.trim_end().starts_with(name))
    };
    let found = text.rmatch_indices("name").map(|(at, _)| at).find(is_name)?;
    let rest = text.get(found..)?;
    Some(found + rest.find(['"', '\'']).unwrap_or_default())
}

impl NoticeRoute {
    /// Its name without hyphens, each part with a capital letter: names of resources in a template have letters and digits only.
    #[must_use]
    pub fn id(&self) -> String {
        let capital = |part: &str| {
            let mut letters = part.chars();
            letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        };
        self.name.split('-').filter_map(capital).collect()
    }

    /// How many targets its rule has: all addresses share a topic.
    fn targets(&self) -> usize {
        usize::from(!self.email.is_empty()) + self.topics.len() + usize::from(self.chat.is_some())
    }

    fn fault(&self, same: Option<&str>) -> Option<String> {
        /// "Targets per rule", EventBridge quotas.
        const MOST_TARGETS: usize = 5;
        let Self { name, people, repositories, .. } = self;
        if let Some(same) = same {
            return Some(format!(
                "the routes `{same}` and `{name}` have the same letters: give one another name"
            ));
        }
        for (what, list) in [("address", &self.email), ("topic", &self.topics)] {
            let twice = list
                .iter()
                .enumerate()
                .find(|(index, one)| list.iter().take(*index).any(|other| other == *one));
            if let Some((_, twice)) = twice {
                return Some(format!(
                    "the route `{name}` has the {what} `{twice}` twice: each notice would come twice"
                ));
            }
        }
        if people.is_empty() && repositories.is_empty() {
            return Some(format!("the route `{name}` names nobody: give it `people` or `repositories`"));
        }
        match self.targets() {
            0 => Some(format!("the route `{name}` leads nowhere: give it `email`, `topics` or `chat`")),
            targets if targets > MOST_TARGETS => Some(format!(
                "the route `{name}` has {targets} targets, and a rule has at most {MOST_TARGETS}: divide it into two routes"
            )),
            _ => None,
        }
    }
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = words(deserializer)?;
    let is_right = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let begins = text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
    if begins && text.bytes().all(is_right) && text.len() <= 40 {
        Ok(text)
    } else {
        Err(serde::de::Error::custom(format!(
            "`{text}` is not the name of a route: at most 40 letters, digits and hyphens, the first a letter"
        )))
    }
}

/// Notices have names in lower case. EventBridge knows `*` and no `?`, and refuses `**` ("Create event patterns", EventBridge user guide).
fn patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let wanted = "a name, with `*` for any letters: EventBridge knows no `?`, `**` or `\\`";
    let list = checked(deserializer, wanted, |text| {
        !text.trim().is_empty() && !text.contains("**") && !text.contains(['?', '\\'])
    })?;
    Ok(list.into_iter().map(|text| text.trim().to_lowercase()).collect())
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    checked(deserializer, "an address such as `credit@example.com`", |text| {
        let (name, host) = text.split_once('@').unwrap_or_default();
        // Not all that RFC 5322 allows, and nothing that CloudFormation would resolve.
        let is_letter =
            |more: &'static str| move |letter: char| letter.is_alphanumeric() || more.contains(letter);
        let labels = host.split('.').collect::<Vec<_>>();
        !name.is_empty()
            && name.chars().all(is_letter("._+-'&=#%"))
            && labels.len() > 1
            && labels.iter().all(|label| !label.is_empty() && label.chars().all(is_letter("-")))
    })
}

fn topics<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let wanted = "the ARN of a topic such as `arn:aws:sns:eu-west-1:111122223333:credit`; a FIFO topic takes no notices";
    checked(deserializer, wanted, |text| match text.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", partition, "sns", region, account, name] => {
            let is_word = |part: &str, more: &str| {
                !part.is_empty()
                    && part.chars().all(|letter| letter.is_ascii_alphanumeric() || more.contains(letter))
            };
            partition.starts_with("aws")
                && is_word(partition, "-")
                && is_word(region, "-")
                && region.chars().all(|letter| !letter.is_ascii_uppercase())
                && is_word(name, "-_.")
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && !name.ends_with(".fifo")
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_has_names_in_the_form_of_notices() {
        let text = "[[routes]]\nname = \"credit-risk\"\npeople = [\"Ana\", \" kay@Example.com \"]\nrepositories = [\"DS-*\"]\nchat = \"slack\"\n";
        let routes = Routes::from_text(text).unwrap().routes;
        let route = routes.first().unwrap();
        assert_eq!((route.id().as_str(), route.chat), ("CreditRisk", Some(Chat::Slack)));
        assert_eq!(route.people, ["ana", "kay@example.com"]);
        assert_eq!(route.repositories, ["ds-*"]);
        assert_eq!(Routes::from_text("").unwrap(), Routes::default());
    }

    #[test]
    fn a_wrong_route_is_refused_with_its_place_and_the_cure() {
        let route = |more: &str| format!("[[routes]]\nname = \"a\"\n{more}\n");
        let good = "people = [\"ana\"]\nemail = [\"ana@example.com\"]";
        let table = [
            ("[[route]]\n".to_owned(), "routes.toml:1:3: unknown field `route`"),
            (
                route("people = [\"ana\"]"),
                "routes.toml:2:8: the route `a` leads nowhere: give it `email`, `topics` or `chat`",
            ),
            (
                route("email = [\"ana@example.com\"]"),
                "routes.toml:2:8: the route `a` names nobody: give it `people` or `repositories`",
            ),
            (
                route("people = [\"a\"]\nemail = [\"ana@b.co\", \"ana@b.co\"]"),
                "routes.toml:2:8: the route `a` has the address `ana@b.co` twice",
            ),
            (
                "[[routes]]\nname = 'b'\npeople = [\"b\"]\n".to_owned(),
                "routes.toml:2:8: the route `b` leads nowhere",
            ),
            (
                route("email = [\"{{resolve:ssm:x}}@b.co\"]"),
                "routes.toml:3:9: `{{resolve:ssm:x}}@b.co` is not an address",
            ),
            (route("email = [\"a@.\"]"), "routes.toml:3:9: `a@.` is not an address"),
            (
                route("email = [\"Ana<ana@example.com>\"]"),
                "routes.toml:3:9: `Ana<ana@example.com>` is not an address",
            ),
            (
                route("topics = [\"arn:x:sns:eu-west-1:111122223333:*\"]"),
                "routes.toml:3:10: `arn:x:sns:eu-west-1:111122223333:*` is not the ARN",
            ),
            (route("people = [\"an?\"]"), "routes.toml:3:10: `an?` is not a name"),
            (route("people = [\"**\"]"), "routes.toml:3:10: `**` is not a name"),
            (route("people = [\" \"]"), "routes.toml:3:10: ` ` is not a name"),
            (route("people = \"ana\""), "routes.toml:3:10: invalid type"),
            (route("email = [\"ana\"]"), "routes.toml:3:9: `ana` is not an address"),
            (route("email = [\"a@b@c.d\"]"), "routes.toml:3:9: `a@b@c.d` is not an address"),
            (
                route("topics = [\"arn:aws:sqs:eu-west-1:111122223333:x\"]"),
                "routes.toml:3:10: `arn:aws:sqs:eu-west-1:111122223333:x` is not the ARN of a topic",
            ),
            (
                route("topics = [\"arn:aws:sns:eu-west-1:111122223333:x.fifo\"]"),
                "routes.toml:3:10: `arn:aws:sns:eu-west-1:111122223333:x.fifo` is not the ARN",
            ),
            (route("chat = \"irc\""), "routes.toml:3:8: unknown variant `irc`, expected `slack` or `teams`"),
            (route("webhook = \"https://x\""), "routes.toml:3:1: unknown field `webhook`"),
            ("[[routes]]\nname = \"1\"\n".to_owned(), "routes.toml:2:8: `1` is not the name of a route"),
            ("[[routes]]\npeople = []\n".to_owned(), "routes.toml:1:1: missing field `name`"),
            (
                format!("{}[[routes]]\nname = \"A\"\n{good}\n", route(good)),
                "routes.toml:6:8: the routes `a` and `A` have the same letters: give one another name",
            ),
            (
                route(&format!(
                    "{good}\ntopics = [{}]",
                    (0..5)
                        .map(|one| format!("\"arn:aws:sns:r:111122223333:x{one}\""))
                        .collect::<Vec<_>>()
                        .join(", ")
                )),
                "routes.toml:2:8: the route `a` has 6 targets, and a rule has at most 5: divide it into two routes",
            ),
        ];
        for (text, expected) in table {
            let error = Routes::from_text(&text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}\n{error}");
        }
    }
}
