//! The resources in the policies of a role: the lists of the settings, as ARNs.
//!
//! The policy language allows no variable for account or region in an ARN. So both are `*`. The policies reach only resources of the
//! account that they are attached in, because every other account would have to let the caller in itself.

use sagewarden_settings::Settings;
use thiserror::Error;
use wildmatch::WildMatch;

use crate::export::condition::{Condition, Values, all_of};

/// The settings name environments, and not this one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the settings have no environment `{name}`{hint}")]
pub struct UnknownEnvironment {
    name: String,
    hint: String,
}

/// Where a role works.
pub(super) struct Scope {
    settings: Settings,
    /// Patterns of buckets that only other environments list.
    elsewhere: Vec<String>,
    /// The same, where they also fit buckets of this one.
    pub(super) undenied: Vec<String>,
    stack: String,
}

impl Scope {
    pub(super) fn of(
        settings: &Settings,
        environment: Option<&str>,
        stack: &str,
    ) -> Result<Self, UnknownEnvironment> {
        let own = match environment {
            None => settings.clone(),
            Some(name) => settings.within(
                settings
                    .environments
                    .iter()
                    .find(|each| each.name == name)
                    .ok_or_else(|| unknown(settings, name))?,
            ),
        };
        let others = settings.environments.iter().filter(|each| Some(each.name.as_str()) != environment);
        let listed = others.filter_map(|each| each.artifacts.as_ref()).flat_map(|each| &each.allowed_buckets);
        let mine = &own.artifacts.allowed_buckets;
        let mut elsewhere: Vec<String> = listed.filter(|bucket| !mine.contains(bucket)).cloned().collect();
        elsewhere.sort();
        elsewhere.dedup();
        // A pattern that fits an own bucket would deny it.
        let fits_own = |bucket: &String| mine.iter().any(|own| WildMatch::new(bucket).matches(own));
        let (undenied, elsewhere) = elsewhere.into_iter().partition(fits_own);
        Ok(Self { settings: own, elsewhere, undenied, stack: stack.to_owned() })
    }

    /// The buckets of this environment.
    pub(super) fn buckets(&self) -> Vec<String> {
        self.settings
            .artifacts
            .allowed_buckets
            .iter()
            .map(|bucket| format!("arn:aws:s3:::{bucket}"))
            .collect()
    }

    /// The objects in these buckets.
    pub(super) fn objects(&self) -> Vec<String> {
        self.buckets().into_iter().map(|bucket| format!("{bucket}/*")).collect()
    }

    /// Buckets of other environments, and what lies in them.
    pub(super) fn elsewhere(&self) -> Vec<String> {
        let of = |bucket: &String| [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")];
        self.elsewhere.iter().flat_map(of).collect()
    }

    /// The roles that jobs, models and pipelines run with.
    pub(super) fn execution_roles(&self) -> Vec<String> {
        self.settings.access.allowed_roles.clone()
    }

    /// The keys that are listed by their own ARN. Without a list, any key of the listed accounts, or of the role's own.
    pub(super) fn keys(&self) -> Vec<String> {
        let encryption = &self.settings.encryption;
        if encryption.allowed_keys.is_empty() {
            let of = |account: &str| format!("arn:aws:kms:*:{account}:key/*");
            let listed: Vec<String> = encryption.allowed_key_accounts.iter().map(|one| of(one)).collect();
            return if listed.is_empty() { vec![of("*")] } else { listed };
        }
        let listed = &encryption.allowed_keys;
        listed.iter().filter(|key| alias(key).is_none()).cloned().collect()
    }

    /// Any key, where keys are listed by an alias: [`Scope::has_alias`] says which.
    pub(super) fn keys_by_alias(&self) -> Vec<String> {
        let any = self.aliases().next().map(|_| "arn:aws:kms:*:*:key/*".to_owned());
        any.into_iter().collect()
    }

    /// The key has a listed alias.
    pub(super) fn has_alias(&self) -> Condition {
        let aliases = Values::of(self.aliases().collect());
        Condition::from([("ForAnyValue:StringLike", [("kms:ResourceAliases".to_owned(), aliases)].into())])
    }

    fn aliases(&self) -> impl Iterator<Item = String> {
        self.settings.encryption.allowed_keys.iter().filter_map(|key| alias(key))
    }

    /// The repositories of the settings' pattern, for any tags.
    pub(super) fn repositories(&self) -> Vec<String> {
        let mut name = String::new();
        let mut rest = self.settings.lineage.repository.as_str();
        while let Some((before, tag)) = rest.split_once('{') {
            name = name + before + "*";
            rest = tag.split_once('}').map_or("", |(_, after)| after);
        }
        vec![format!("arn:aws:codecommit:*:*:{name}{rest}")]
    }

    /// The function that answers questions about lineage.
    pub(super) fn lookup(&self) -> Vec<String> {
        vec![format!("arn:aws:lambda:*:*:function:{}-lookup-lineage", self.stack)]
    }

    /// Resources that the stack names after itself, in a form of ARN that ends before the name.
    pub(super) fn of_stack(&self, before: &str) -> String {
        format!("{before}{}-*", self.stack)
    }

    /// Resources with the name of the stack, or with a name that begins with it.
    pub(super) fn named(&self, before: &str) -> [String; 2] {
        [format!("{before}{}", self.stack), self.of_stack(before)]
    }

    /// The name of the stack.
    pub(super) fn name(&self) -> &str {
        &self.stack
    }

    /// The stack itself, and stacks whose names begin with its name.
    pub(super) fn stack(&self) -> Vec<String> {
        vec![
            format!("arn:aws:cloudformation:*:*:stack/{}/*", self.stack),
            self.of_stack("arn:aws:cloudformation:*:*:stack/") + "/*",
        ]
    }

    /// The resource belongs to the stack, by the tag that CloudFormation sets.
    pub(super) fn is_of_stack(&self) -> Condition {
        all_of(&[("StringEquals", "aws:ResourceTag/aws:cloudformation:stack-name", &self.stack)])
    }
}

fn unknown(settings: &Settings, name: &str) -> UnknownEnvironment {
    let names: Vec<String> = settings.environments.iter().map(|each| format!("`{}`", each.name)).collect();
    let hint = if names.is_empty() {
        ": they name none".to_owned()
    } else {
        format!(": they name {}", names.join(", "))
    };
    UnknownEnvironment { name: name.to_owned(), hint }
}

/// The name in the ARN of an alias.
fn alias(key: &str) -> Option<String> {
    key.split(':').nth(5).filter(|resource| resource.starts_with("alias/")).map(str::to_owned)
}
