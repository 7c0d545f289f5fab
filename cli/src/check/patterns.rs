//! Patterns of file names (`jobs/*.json`), for those whose shell does not expand them: builds, hooks and other systems.

use std::fs;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};

use crate::error::CommandError;

/// As shells expand patterns: a star ends at the next `/`.
const AS_SHELLS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// A pattern, and where what fits it may lie.
#[derive(Debug)]
pub(crate) struct NamePattern {
    pattern: Pattern,
    /// The folder before its first star.
    pub(crate) base: PathBuf,
    /// How many folders it may lie within, from there.
    pub(crate) deepest: usize,
}

impl NamePattern {
    /// `None` if the path is not a pattern, or if a file has exactly this name.
    pub(crate) fn of(path: &Path) -> Option<Result<Self, CommandError>> {
        let text = path.to_str()?;
        let is_open = |part: &Component<'_>| part.as_os_str().to_string_lossy().contains(['*', '?', '[']);
        let parts: Vec<Component<'_>> = path.components().collect();
        let first = parts.iter().position(is_open)?;
        if fs::symlink_metadata(path).is_ok() {
            return None;
        }
        let (base, rest) = parts.split_at(first);
        let is_any_depth = rest.iter().any(|part| part.as_os_str().to_string_lossy().contains("**"));
        let made = Pattern::new(text.strip_prefix("./").unwrap_or(text));
        Some(match made {
            Ok(pattern) => {
                let deepest = if is_any_depth { usize::MAX } else { rest.len() };
                Ok(Self { pattern, base: base.iter().collect(), deepest })
            }
            Err(error) => Err(CommandError::NoFit { pattern: text.to_owned(), why: error.to_string() }),
        })
    }

    pub(crate) fn fits(&self, path: &Path) -> bool {
        self.pattern.matches_path_with(path, AS_SHELLS)
    }

    /// Whether it names the ending of a file in full.
    pub(crate) fn names_ending_of(&self, path: &Path) -> bool {
        path.extension().is_some_and(|end| Path::new(self.pattern.as_str()).extension() == Some(end))
    }

    pub(crate) fn unfit(&self) -> CommandError {
        let pattern = self.pattern.as_str().to_owned();
        CommandError::NoFit { pattern, why: "no file and no folder has such a name".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_as_in_a_shell() {
        let check = |pattern: &str, path: &str, expect: bool| {
            let pattern = NamePattern::of(Path::new(pattern)).unwrap().unwrap();
            assert_eq!(pattern.fits(Path::new(path)), expect, "{pattern:?} {path}");
        };
        check("jobs/*.json", "jobs/a.json", true);
        check("jobs/*.json", "jobs/deep/a.json", false);
        check("jobs/**/*.json", "jobs/deep/er/a.json", true);
        check("jobs/**/*.json", "jobs/a.json", true);
        check("./*/m?.[jy]*", "a/m1.json", true);
        check("./*/m?.[jy]*", "a/m1.txt", false);
        assert!(NamePattern::of(Path::new("jobs/a.json")).is_none());
        let of = |pattern: &str| NamePattern::of(Path::new(pattern)).unwrap().unwrap();
        let (two, any) = (of("a/b/*/x-*.json"), of("/a/**"));
        assert_eq!((two.base, two.deepest), (PathBuf::from("a/b"), 2));
        assert_eq!((any.base, any.deepest), (PathBuf::from("/a"), usize::MAX));
        assert!(NamePattern::of(Path::new("a/[")).unwrap().is_err());
    }
}
