//! Refuses texts nested so deep that Cedar's parser would end the process (its stack overflows), or its validator would give up silently.
//! The text alone decides both, so it is checked before Cedar reads it.

use crate::bundle_error::BundleError;

/// Brackets within brackets, `if`s in one policy, and members of members. Cedar itself overflows 2 MB of stack, in a build without
/// optimization, between 30 and 100 brackets; no policy that a person can read comes near.
const MOST: usize = 30;

/// Looks at the text of a file of policies, or of the schema.
///
/// # Errors
/// When something is nested too deep, with its line.
pub(crate) fn check(file: &str, text: &str) -> Result<(), BundleError> {
    let mut depth = Depth::default();
    let mut rest = text.char_indices().peekable();
    let mut word = String::new();
    while let Some((offset, character)) = rest.next() {
        if character.is_alphanumeric() || character == '_' {
            word.push(character);
            continue;
        }
        depth.word(&word);
        word.clear();
        match character {
            '"' => {
                // To the end of the text; a backslash escapes the next character.
                while let Some((_, within)) = rest.next().filter(|(_, within)| *within != '"') {
                    if within == '\\' {
                        rest.next();
                    }
                }
            }
            '/' if rest.peek().is_some_and(|(_, next)| *next == '/') => {
                while rest.next().is_some_and(|(_, within)| within != '\n') {}
            }
            _ => depth.sign(character),
        }
        if let Some(what) = depth.too_much() {
            return Err(BundleError::new(
                file,
                text,
                offset,
                format!("{what}: parsing them could end the process"),
            ));
        }
    }
    Ok(())
}

/// How deep the text is at a place.
#[derive(Default)]
struct Depth {
    /// For each open bracket, and outside of all: how many members of members follow each other.
    members: Vec<usize>,
    outside: usize,
    ifs: usize,
}

impl Depth {
    fn word(&mut self, word: &str) {
        if word == "if" {
            self.ifs += 1;
        }
    }

    fn sign(&mut self, sign: char) {
        match sign {
            '(' => self.members.push(0),
            '[' | '{' => {
                // `a["b"]` asks for a member, too.
                *self.in_a_row() += 1;
                self.members.push(0);
            }
            ')' | ']' | '}' => drop(self.members.pop()),
            '.' => *self.in_a_row() += 1,
            ';' => *self = Self::default(),
            ',' | '&' | '|' | '=' | '<' | '>' | '+' | '-' | '*' => *self.in_a_row() = 0,
            _ => {}
        }
    }

    fn in_a_row(&mut self) -> &mut usize {
        self.members.last_mut().unwrap_or(&mut self.outside)
    }

    fn too_much(&self) -> Option<&'static str> {
        if self.members.len() > MOST {
            Some("brackets within more than 30 brackets")
        } else if self.members.last().unwrap_or(&self.outside) > &MOST {
            Some("more than 30 members of members")
        } else if self.ifs > MOST {
            Some("more than 30 `if`s")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sagewarden_settings::Settings;

    use crate::bundle::Bundle;
    use crate::policies::SCHEMA;

    const SETTINGS: &str = include_str!("../../../infra/settings.toml");
    const TRAINING_JOB: &str = include_str!("../../../infra/policies/training_job.cedar");
    const SCHEMA_TEXT: &str = include_str!("../../../infra/policies/schema.cedarschema");

    /// The answer of a bundle to a policy with this condition.
    fn refusal(condition: &str) -> Option<String> {
        let policy = "forbid (principal, action, resource is TrainingJob) when";
        refusal_of(&format!("{TRAINING_JOB}\n@id(\"deep\")\n{policy} {{ {condition} }};"), SCHEMA_TEXT)
    }

    fn refusal_of(policies: &str, schema: &str) -> Option<String> {
        let files = [(Settings::FILE, SETTINGS), (SCHEMA, schema), ("policies/p.cedar", policies)];
        let files = BTreeMap::from(files.map(|(name, text)| (name.to_owned(), text.to_owned())));
        Bundle::from_files(&files).err().map(|error| error.to_string())
    }

    fn nested(times: usize, open: &str, close: &str) -> String {
        format!("{}true{}", open.repeat(times), close.repeat(times))
    }

    #[test]
    fn what_would_end_the_process_is_refused_with_its_line() {
        let line = TRAINING_JOB.lines().count() + 3;
        let deep = [
            nested(2_000, "(", ")"),
            nested(100_000, "(", ")"),
            nested(2_000, "!(", ")"),
            nested(2_000, "[", "]"),
            nested(2_000, "{a:", "}"),
            nested(2_000, "if true then true else ", ""),
            nested(2_000, "(if true then true else ", ")"),
            format!("resource{} == 1", ".a".repeat(2_000)),
            format!("resource{} == 1", "[\"a\"]".repeat(2_000)),
            format!("resource{} == 1", ".contains(1)".repeat(2_000)),
            nested(2_000, "resource.contains(", ")"),
        ];
        for condition in deep {
            let refusal = refusal(&condition).unwrap();
            assert!(refusal.starts_with(&format!("policies/p.cedar:{line}:")), "{refusal}");
            assert!(refusal.ends_with(": parsing them could end the process"), "{refusal}");
        }
        let schema =
            format!("{SCHEMA_TEXT}\nentity Deep = {}Bool{};", "{a: ".repeat(2_000), "}".repeat(2_000));
        let refusal = refusal_of(TRAINING_JOB, &schema).unwrap();
        assert!(
            refusal.starts_with(&format!("{SCHEMA}:")) && refusal.ends_with("end the process"),
            "{refusal}"
        );
    }

    #[test]
    fn what_is_deep_but_allowed_is_judged_by_cedar() {
        let deepest = [
            nested(28, "(", ")"),
            nested(28, "!(", ")"),
            nested(28, "(if true then true else ", ")"),
            format!("resource{} == 1", ".a".repeat(30)),
            nested(14, "[[", "]]"),
        ];
        for condition in deepest {
            let refusal = refusal(&condition).unwrap();
            assert!(!refusal.contains("end the process"), "{refusal}");
        }
    }

    #[test]
    fn texts_and_comments_are_no_brackets_and_long_is_not_deep() {
        let brackets = "(".repeat(500);
        let long = vec!["resource.networkIsolation"; 2_000].join(" || ");
        let list = format!("[{}].contains(\"x\")", vec!["\"x\""; 2_000].join(", "));
        for condition in [
            format!("resource.networkIsolation // {brackets}\n"),
            format!("\"{brackets}\" == \"\\\"{brackets}\""),
            long,
            list,
        ] {
            let refusal = refusal(&condition).unwrap();
            // The policy has no severity: Cedar has accepted it, and its annotations are looked at.
            assert!(refusal.contains("the annotation `@area` is missing"), "{refusal}");
        }
    }

    /// The check of a text before Cedar gets it.
    fn said(text: &str) -> Option<String> {
        super::check("f", text).err().map(|error| error.to_string())
    }

    #[test]
    fn thirty_are_allowed_and_one_more_is_not() {
        let member = |times: usize| format!("a{}", ".a".repeat(times));
        for (open, close) in [("(", ")"), ("[", "]"), ("{", "}")] {
            assert_eq!(said(&nested(30, open, close)), None, "{open}");
            assert!(
                said(&nested(31, open, close)).unwrap().contains("brackets within more than 30"),
                "{open}"
            );
        }
        assert_eq!(said(&member(30)), None);
        assert!(said(&member(31)).unwrap().contains("more than 30 members of members"));
        assert_eq!(said(&format!("({})", member(30))), None);
        assert!(said(&format!("({})", member(31))).unwrap().contains("members of members"));
        assert_eq!(said(&"if a ".repeat(30)), None);
        assert!(said(&"if a ".repeat(31)).unwrap().contains("more than 30 `if`s"));
    }

    #[test]
    fn what_ends_a_row_of_members_lets_another_begin() {
        for sign in [",", "&&", "||", "==", "<", ">", "+", "-", "*", ";"] {
            let row = format!("a{}", ".a".repeat(20));
            assert_eq!(said(&format!("{row} {sign} {row}")), None, "{sign}");
        }
        let again = format!("{};", "if a ".repeat(20)).repeat(3);
        assert_eq!(said(&again), None, "each policy has its own");
        assert_eq!(said(&"(a) ".repeat(100)), None, "what is closed is closed");
        assert_eq!(said(&"diff_if if_ ".repeat(100)), None, "a word is not a part of another");
    }

    #[test]
    fn a_place_in_the_text_is_named_by_its_line() {
        let deep = format!("ok;\n// ((\n\"((\\\"((\"\n{}", "(".repeat(31));
        assert!(said(&deep).unwrap().starts_with("f:4:31"), "{:?}", said(&deep));
    }
}
