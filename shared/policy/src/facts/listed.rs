//! Compares the fields of the table (`lists`) with the lists of the settings.

use std::borrow::Cow;

use sagewarden_events::Resource;
use sagewarden_settings::Settings;
use wildmatch::WildMatch;

use super::context::{Context, fits, image, image_fits};
use super::principals::Ownership;
use crate::arn::Named;
use crate::buckets::{bucket, buckets_in};
use crate::config_text::{is_config, part_of};
use crate::join::{OperationAnswer, split};
use crate::key::{KEY_OPERATION, is_for_kms_to_say, is_own};
use crate::lists::{List, of_kind};
use crate::reader::Reader;
use crate::values::values;

impl Context<'_> {
    /// Whether every value of a fact fits its list. Unreadable values in the description matter only if no readable value fails
    /// for certain: a manifest beside a foreign bucket must not turn the finding into an undecided one.
    pub(super) fn listed(&self, fact: &'static str) -> bool {
        let kind = self.resource.kind;
        let rows = || of_kind(kind).iter().filter(|row| row.fact == fact);
        let places = || rows().flat_map(|row| row.paths.iter().map(|path| (row.list, *path)));
        // Values after one that does not fit are read as well, so that a value of a wrong type is noted.
        let broken = places().filter(|(list, path)| !self.keeps(fact, *list, path)).count() > 0;
        if !broken {
            places().for_each(|(list, path)| self.note_undecided(fact, list, path));
            let awaits = |path: &str| {
                let (documents, path) = self.documents(path);
                documents.iter().any(|document| document.awaits(path))
            };
            if self.unreadable.has_open_end() && !places().any(|(_, path)| awaits(path)) {
                self.unreadable.settles(fact);
            }
        } else if places().any(|(list, path)| self.breaks(list, path)) {
            self.unreadable.decides(fact);
        }
        !broken
    }

    /// The documents that a path leads into, and the path in them.
    pub(super) fn documents<'p>(&self, path: &'p str) -> (Vec<Reader<'_>>, &'p str) {
        match split(path) {
            (None, path) => (vec![self.reader()], path),
            (Some(operation), path) => (self.answers(operation), path),
        }
    }

    /// Whether a value that was read is not in a list. Required tags never count here: if some values cannot be read, it is not certain
    /// that a tag is missing.
    fn breaks(&self, list: List, path: &str) -> bool {
        let (documents, path) = self.documents(path);
        list != List::Tags
            && documents.iter().flat_map(|one| values(one, list, path)).any(|text| !self.allows(list, &text))
    }

    fn keeps(&self, fact: &'static str, list: List, path: &str) -> bool {
        if list == List::Tags {
            return self.has_required_tags();
        }
        let (documents, path) = self.documents(path);
        if !self.is_limited(list) {
            // The value does not matter, but it must be of the type that the API takes.
            return documents.iter().filter(|document| document.has_text(path)).count() <= documents.len();
        }
        let named = list != List::ExecutionRole
            || documents.iter().all(|document| is_named_everywhere(document, path));
        let allowed = documents.iter().filter(|document| {
            let outside: Vec<_> =
                values(document, list, path).into_iter().filter(|text| !self.allows(list, text)).collect();
            outside.iter().for_each(|text| self.note_offending((fact, list), document, path, text));
            !outside.is_empty()
        });
        allowed.count() == 0 && named
    }

    /// From a free text, a finding may show only the buckets.
    fn note_offending(
        &self,
        (fact, list): (&'static str, List),
        document: &Reader<'_>,
        path: &str,
        text: &str,
    ) {
        if list != List::Texts {
            return document.offends(fact, path, text);
        }
        for bucket in buckets_in(text) {
            if !fits(&self.settings.artifacts.allowed_buckets, &bucket) {
                document.offends(fact, path, &format!("s3://{bucket}"));
            }
        }
    }

    /// Whether the settings have this list.
    fn is_limited(&self, list: List) -> bool {
        let Settings { access, artifacts, compute, network, traceability, .. } = self.settings;
        let allowed = match list {
            List::ExecutionRole | List::Roles => &access.allowed_roles,
            List::Locations | List::Texts | List::DataTypes | List::OtherStores => &artifacts.allowed_buckets,
            List::Mounts => &artifacts.allowed_buckets,
            List::FileSystems => &artifacts.allowed_file_systems,
            List::Images | List::Algorithms => &artifacts.allowed_images,
            List::BaseModels => &artifacts.allowed_base_models,
            List::Repositories => &artifacts.allowed_repositories,
            List::InstanceTypes => &compute.allowed_instance_types,
            List::StudioImages => &compute.allowed_studio_images,
            List::LifecycleConfigs => &compute.allowed_lifecycle_configs,
            List::Subnets => &network.allowed_subnets,
            List::SecurityGroups => &network.allowed_security_groups,
            List::Tags => &traceability.required_tags,
            // Accounts are always compared.
            List::Keys | List::Owned(_) => return true,
        };
        !allowed.is_empty()
    }

    /// Whether a list allows a text; an empty list allows any.
    fn allows(&self, list: List, text: &str) -> bool {
        let settings = self.settings;
        let any_or = |allowed: &[String], name: Option<&str>| {
            allowed.is_empty() || name.is_some_and(|name| fits(allowed, name))
        };
        match list {
            List::ExecutionRole | List::Roles => any_or(&settings.access.allowed_roles, Some(text)),
            List::Locations => any_or(&settings.artifacts.allowed_buckets, bucket(text)),
            List::Texts => {
                let buckets = &settings.artifacts.allowed_buckets;
                buckets_in(text).iter().all(|bucket| any_or(buckets, Some(bucket)))
            }
            List::Images => {
                let allowed = &settings.artifacts.allowed_images;
                allowed.is_empty() || image(text).is_some_and(|name| image_fits(allowed, name))
            }
            List::FileSystems => any_or(&settings.artifacts.allowed_file_systems, file_system(text)),
            // A pattern without a version covers all versions.
            List::BaseModels => {
                let allowed = &settings.artifacts.allowed_base_models;
                any_or(allowed, Some(text)) || any_or(allowed, without_version(text))
            }
            List::Repositories => {
                let allowed = &settings.artifacts.allowed_repositories;
                allowed.is_empty() || is_repository(allowed, text)
            }
            // Studio Classic runs its own server on this type, which users cannot choose.
            List::InstanceTypes => {
                text == "system" || any_or(&settings.compute.allowed_instance_types, Some(text))
            }
            List::StudioImages => {
                let allowed = &settings.compute.allowed_studio_images;
                allowed.is_empty() || allowed.iter().any(|one| is_studio_image(one, text, self.resource))
            }
            List::LifecycleConfigs => any_or(&settings.compute.allowed_lifecycle_configs, Some(text)),
            List::Subnets => is_one_of(&settings.network.allowed_subnets, text),
            List::SecurityGroups => is_one_of(&settings.network.allowed_security_groups, text),
            List::Keys => self.is_allowed_key(text),
            List::Owned(named) => self.ownership(named, text) != Ownership::Foreign,
            List::DataTypes | List::OtherStores | List::Mounts | List::Algorithms | List::Tags => true,
        }
    }

    /// Notes places where a list is set and the description lacks the value.
    fn note_undecided(&self, fact: &str, list: List, path: &str) {
        if list == List::Keys {
            return self.note_unknown_keys(fact, path);
        }
        if let List::Owned(named) = list {
            return self.note_unknown_owners(named, path);
        }
        let artifacts = &self.settings.artifacts;
        let (is_limited, why) = match list {
            List::DataTypes => (
                !artifacts.allowed_buckets.is_empty(),
                "is a list of objects: they may lie in other buckets, and nobody has read it",
            ),
            List::OtherStores => (
                !artifacts.allowed_buckets.is_empty(),
                "is not a bucket: `artifacts.allowed_buckets` does not say whether its data may be used",
            ),
            List::Mounts => (
                !artifacts.allowed_buckets.is_empty() && artifacts.allowed_file_systems.is_empty(),
                "is a file system and no bucket: list it in `artifacts.allowed_file_systems`",
            ),
            List::Algorithms => (
                !artifacts.allowed_images.is_empty(),
                "brings an image of its own, which is not in the description",
            ),
            _ => return,
        };
        let (documents, path) = self.documents(path);
        for document in documents.iter().filter(|_| is_limited) {
            let found = document.texts(path).into_iter();
            let hidden = found.filter(|text| list != List::DataTypes || text.ends_with("ManifestFile"));
            hidden.for_each(|text| document.undecided(path, format!("(`{text}`) {why}")));
        }
    }
}

impl Context<'_> {
    fn note_unknown_owners(&self, named: Named, path: &str) {
        let (documents, path) = self.documents(path);
        for document in &documents {
            for text in document.texts(path) {
                match self.ownership(named, text) {
                    Ownership::Unknown => document.undecided(path, format!("(`{text}`) names no account")),
                    Ownership::InTheAccount => document.for_the_account(path),
                    Ownership::Allowed | Ownership::Foreign => {}
                }
            }
        }
    }

    /// Notes keys whose manager only KMS knows, if it was not asked or did not answer.
    fn note_unknown_keys(&self, fact: &str, path: &str) {
        let (documents, path) = self.documents(path);
        let place = if is_config(path) { part_of(path, fact) } else { path.to_owned() };
        for document in &documents {
            // The owner of the key is unknown if a file names no account.
            let is_unplaced = |key: &str| {
                let accounts = &self.settings.encryption.allowed_key_accounts;
                self.resource.account.is_empty() && accounts.is_empty() && key.starts_with("arn:")
            };
            let unknown = values(document, List::Keys, path).into_iter().filter(|key: &Cow<'_, str>| {
                let for_kms = is_for_kms_to_say(key, self.resource);
                (for_kms || is_unplaced(key)) && !self.names_key(key) && self.manager(key).is_none()
            });
            for key in unknown {
                let key = key.as_ref();
                // The name of an alias shows who manages the key, so that nobody asks KMS. Only the account is unknown.
                let asked = is_for_kms_to_say(key, self.resource);
                let refused = match self.joined.get(KEY_OPERATION).filter(|_| asked) {
                    None => {
                        document.for_the_account(&place);
                        continue;
                    }
                    Some(OperationAnswer::Unreadable(reason)) => Some(reason.as_str()),
                    Some(OperationAnswer::Documents(_)) => self.key_refused(key),
                };
                let reason = match refused {
                    Some(reason) => format!("(`{key}`): {KEY_OPERATION}: {reason}"),
                    None => format!("(`{key}`) is not a key that KMS knows in this account"),
                };
                document.undecided(&place, reason);
            }
        }
    }
}

/// Whether each part that can have a field has it.
fn is_named_everywhere(document: &Reader<'_>, path: &str) -> bool {
    match path.rsplit_once('.') {
        None => document.has_text(path),
        Some((parent, field)) => document.parts(parent).iter().all(|part| part.has_text(field)),
    }
}

fn is_one_of(allowed: &[String], id: &str) -> bool {
    allowed.is_empty() || allowed.iter().any(|one| one == id)
}

/// The names that end AWS's hosts, one for each partition ("Service endpoints", AWS general reference).
const HOSTS: [&str; 7] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
];

/// The id of a file system: itself, or the head of its name in the DNS of FSx (`fs-….fsx.<region>.amazonaws.com`, "Mounting from a client",
/// FSx for Lustre user guide). Another host that begins like one is none.
fn file_system(text: &str) -> Option<&str> {
    let Some((id, host)) = text.split_once('.') else { return Some(text) };
    let is_region = |region: &&str| !region.is_empty() && !region.contains('.');
    let regions = HOSTS.iter().filter_map(|end| host.strip_suffix(end)?.strip_prefix("fsx."));
    regions.filter(is_region).map(|_| id).next()
}

/// The ARN of content of a hub without its version: `arn:<partition>:sagemaker:<region>:<account>:hub-content/<hub>/<type>/<name>/<version>`.
fn without_version(arn: &str) -> Option<&str> {
    let (head, version) = arn.rsplit_once('/')?;
    (arn.matches('/').count() == 4 && version.starts_with(|first: char| first.is_ascii_digit()))
        .then_some(head)
}

/// Whether the address of a repository fits a pattern. The name of a code repository is no address: that repository is judged itself. A name
/// has letters, digits and hyphens (`CodeRepositoryNameOrUrl`, SageMaker API reference).
fn is_repository(patterns: &[String], text: &str) -> bool {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let Some((scheme, rest)) = text.split_once("://") else { return text.chars().all(is_of_name) };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    // A query or a fragment ends the host: what stands before `@` is then no user (RFC 3986, section 3.2).
    if text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
        || authority.contains(['?', '#', '\\'])
    {
        return false;
    }
    // A user before `@` is none of the host. Steps upwards and escapes could hide where an address leads.
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_lowercase();
    let is_straight =
        path.split('/').all(|part| !["..", "."].contains(&part)) && !path.contains(['%', '\\', '?', '#']);
    let path = path.trim_end_matches('/');
    let whole = format!("{host}/{}", path.strip_suffix(".git").unwrap_or(path));
    scheme == "https"
        && is_straight
        && (image_fits(patterns, &whole) || image_fits(patterns, &format!("{host}/{path}")))
}

/// Whether a Studio image fits a pattern of ARNs. A description may name an image by its ARN, by the ARN of a version or, in the resource's
/// own account, by its name.
fn is_studio_image(pattern: &str, image: &str, resource: &Resource) -> bool {
    if let Some((head, version)) = image.split_once(":image-version/") {
        let name = version.split('/').next().unwrap_or(version);
        return WildMatch::new(pattern).matches(&format!("{head}:image/{name}"));
    }
    if image.starts_with("arn:") {
        return WildMatch::new(pattern).matches(image);
    }
    is_own(pattern, "sagemaker", &format!("image/{image}"), resource)
}

#[cfg(test)]
mod tests {
    use sagewarden_events::ResourceKind;

    use super::*;

    #[test]
    fn a_repository_is_known_by_its_host_and_path() {
        let patterns =
            ["git-codecommit.*.amazonaws.com/v1/repos/ds-*".to_owned(), "git.example.com/team/*".to_owned()];
        for (text, expect) in [
            ("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/ds-credit", true),
            ("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/other", false),
            ("https://git.example.com/team/credit.git", true),
            ("https://GIT.example.com/team/credit/", true),
            ("https://ana:secret@git.example.com/team/credit", true),
            ("https://git.example.com@elsewhere.example/team/credit", false),
            ("https://elsewhere.example?@git.example.com/team/credit", false),
            ("https://elsewhere.example#@git.example.com/team/credit", false),
            ("https://elsewhere.example @git.example.com/team/credit", false),
            ("https://git.example.com/team/../other/credit", false),
            ("https://git.example.com/team/%2e%2e/other", false),
            ("http://git.example.com/team/credit", false),
            ("ssh://git.example.com/team/credit", false),
            ("git@git.example.com:team/credit", false),
            ("https://git-codecommit.a.elsewhere.example/x.amazonaws.com/v1/repos/ds-1", false),
            ("credit", true),
            ("ds-credit-2", true),
            ("https%3A%2F%2Felsewhere.example%2Fteam%2Fcredit", false),
            ("elsewhere.example", false),
        ] {
            assert_eq!(is_repository(&patterns, text), expect, "{text}");
        }
    }

    #[test]
    fn a_file_system_is_known_by_its_id_and_by_its_name_at_fsx() {
        for (text, expect) in [
            ("fs-0123456789abcdef0", Some("fs-0123456789abcdef0")),
            ("fs-0123456789abcdef0.fsx.eu-west-1.amazonaws.com", Some("fs-0123456789abcdef0")),
            ("fs-0123456789abcdef0.fsx.cn-north-1.amazonaws.com.cn", Some("fs-0123456789abcdef0")),
            ("fsi-0123456789abcdef0.fsx.eu-west-1.amazonaws.com", Some("fsi-0123456789abcdef0")),
            ("fs-0123456789abcdef0.fsx.us-iso-east-1.c2s.ic.gov", Some("fs-0123456789abcdef0")),
            ("fs-0123456789abcdef0.fsx.us-isob-east-1.sc2s.sgov.gov", Some("fs-0123456789abcdef0")),
            ("fs-0123456789abcdef0.fsx.eu-isoe-west-1.cloud.adc-e.uk", Some("fs-0123456789abcdef0")),
            ("fs-0123456789abcdef0.fsx.us-isof-east-1.csp.hci.ic.gov", Some("fs-0123456789abcdef0")),
            ("fs-0123456789abcdef0.fsx.eusc-de-east-1.amazonaws.eu", Some("fs-0123456789abcdef0")),
            ("fs-0123456789abcdef0.fsx.elsewhere.example", None),
            ("fs-0123456789abcdef0.fsx.a.b.amazonaws.com", None),
            ("fs-0123456789abcdef0.elsewhere.amazonaws.com", None),
            ("fs-0123456789abcdef0.fsx", None),
        ] {
            assert_eq!(file_system(text), expect, "{text}");
        }
    }

    #[test]
    fn a_studio_image_is_known_by_its_arn_version_and_name() {
        let domain = Resource::in_region(ResourceKind::Domain, "111122223333", "eu-west-1", "d-1");
        let own = "arn:aws:sagemaker:eu-west-1:111122223333:image/lab";
        for image in [own, "arn:aws:sagemaker:eu-west-1:111122223333:image-version/lab/3", "lab"] {
            assert!(is_studio_image("arn:aws:sagemaker:*:111122223333:image/la?", image, &domain), "{image}");
            assert!(
                !is_studio_image("arn:aws:sagemaker:*:111122223333:image/other", image, &domain),
                "{image}"
            );
        }
    }
}
