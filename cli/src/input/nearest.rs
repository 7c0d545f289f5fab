//! The names nearest to an unknown one, for "did you mean".

/// How alike two names must be, from 0 to 1: a wrong letter or two in a name of ten.
const ALIKE: f64 = 0.7;
/// How alike a name counts that begins with the wanted text: more than a misspelt name, less than the name itself.
const BEGINS: f64 = 0.94;
/// The shortest text whose continuations are suggested: almost every name begins with a shorter one.
const BEGINNING: usize = 3;
/// A name is not suggested if it is less alike than the nearest name by more than this.
const BEHIND: f64 = 0.05;
/// The most names that are suggested.
const SUGGESTED: usize = 3;

/// Collects the names nearest to a wanted one; it holds no more of them than it suggests.
#[derive(Debug)]
pub(crate) struct Nearest {
    wanted: String,
    letters: Letters,
    found: Vec<(f64, String)>,
}

impl Nearest {
    pub(crate) fn to(wanted: &str) -> Self {
        let wanted = wanted.to_lowercase();
        Self { letters: Letters::of(&wanted), wanted, found: Vec::new() }
    }

    /// Suggests a name if `compared`, the part of it that people type, is like the wanted name or begins with it.
    pub(crate) fn consider(&mut self, compared: &str, name: &str) {
        if !self.may_be_alike(compared) && !self.may_begin(compared) {
            return;
        }
        let compared = compared.to_lowercase();
        let begins = self.wanted.chars().count() >= BEGINNING && compared.starts_with(&self.wanted);
        let alike = strsim::normalized_damerau_levenshtein(&self.wanted, &compared);
        let alike = if begins { alike.max(BEGINS) } else { alike };
        if alike >= ALIKE {
            self.put(alike, name);
        }
    }

    /// How alike a name must be: one that falls behind the nearest is not suggested.
    fn enough(&self) -> f64 {
        ALIKE.max(self.found.first().map_or(0.0, |(alike, _)| *alike) - BEHIND)
    }

    /// Whether a text has the length and the letters of one that is alike.
    fn may_be_alike(&self, compared: &str) -> bool {
        let enough = self.enough();
        if compared.is_ascii()
            && most_alike(
                compared.len().abs_diff(self.letters.length),
                self.letters.length.max(compared.len()),
            ) < enough
        {
            return false;
        }
        self.letters.most_alike(&Letters::of(compared)) >= enough
    }

    fn may_begin(&self, compared: &str) -> bool {
        let bytes = self.wanted.as_bytes();
        !compared.is_ascii()
            || compared.as_bytes().get(..bytes.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(bytes))
    }

    /// Puts a name before all that are merely alike.
    pub(crate) fn prefer(&mut self, name: &str) {
        self.put(f64::INFINITY, name);
    }

    fn put(&mut self, alike: f64, name: &str) {
        if self.found.iter().any(|(_, known)| known == name) {
            return;
        }
        self.found.push((alike, name.to_owned()));
        // Among names that are equally alike, the shortest are the nearest.
        let length = |name: &String| (name.len(), name.clone());
        self.found.sort_by(|(one, name), (other, next)| {
            other.total_cmp(one).then_with(|| length(name).cmp(&length(next)))
        });
        self.found.truncate(SUGGESTED);
    }

    /// The nearest names, the best first.
    pub(crate) fn names(self) -> Vec<String> {
        let best = self.found.first().map_or(0.0, |(alike, _)| *alike);
        let nearest = self.found.into_iter().filter(|(alike, _)| *alike >= best - BEHIND);
        nearest.map(|(_, name)| name).collect()
    }

    /// `did you mean ...?`, if anything comes near.
    pub(crate) fn question(self) -> Option<String> {
        let names: Vec<String> = self.names().into_iter().map(|name| format!("`{name}`")).collect();
        match names.as_slice() {
            [] => None,
            [one] => Some(format!("did you mean {one}?")),
            [first @ .., last] => Some(format!("did you mean {} or {last}?", first.join(", "))),
        }
    }
}

/// How often a text has each letter. Texts with other letters cannot be alike: to compare the letters of a million names takes a tenth of a
/// second, to compare the names takes seconds.
#[derive(Debug)]
struct Letters {
    counts: [u8; 32],
    length: usize,
}

impl Letters {
    fn of(text: &str) -> Self {
        let mut counts = [0_u8; 32];
        // Letters that share a place, or that are too many, make texts more alike, never less.
        let mut count = |letter: usize| {
            if let Some(count) = counts.get_mut(letter % 32) {
                *count = count.saturating_add(1);
            }
        };
        if text.is_ascii() {
            text.bytes().for_each(|byte| count(usize::from(byte.to_ascii_lowercase())));
            return Self { counts, length: text.len() };
        }
        let length = text.to_lowercase().chars().map(|letter| count(letter as usize)).count();
        Self { counts, length }
    }

    /// How alike two texts with these letters can be: of the letters that only one of them has, each must be changed, added or removed.
    fn most_alike(&self, other: &Self) -> f64 {
        let differences =
            self.counts.iter().zip(&other.counts).map(|(one, other)| usize::from(one.abs_diff(*other)));
        // One change takes away a letter and brings another.
        let changes = differences.sum::<usize>().div_ceil(2);
        most_alike(changes.max(self.length.abs_diff(other.length)), self.length.max(other.length))
    }
}

/// How alike two texts are at most, if so many letters differ; computed as `strsim` does.
fn most_alike(differences: usize, longest: usize) -> f64 {
    if longest == 0 { 1.0 } else { 1.0 - differences as f64 / longest as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_never_make_texts_less_alike_than_they_are() {
        let texts = [
            "",
            "a",
            "credit-train-003",
            "CREDIT-TRIAN-003",
            "credit-train-0003",
            "größe",
            "GRÖSSE",
            "x".repeat(70).leak(),
        ];
        for one in texts {
            for other in texts {
                let alike =
                    strsim::normalized_damerau_levenshtein(&one.to_lowercase(), &other.to_lowercase());
                assert!(Letters::of(one).most_alike(&Letters::of(other)) >= alike, "{one} {other}");
                let nearest = Nearest::to(one);
                assert!(alike < ALIKE || nearest.may_be_alike(other), "{one} {other}");
            }
        }
    }

    fn question(wanted: &str, known: &[&str]) -> String {
        let mut nearest = Nearest::to(wanted);
        known.iter().for_each(|name| nearest.consider(name, name));
        nearest.question().unwrap_or_default()
    }

    #[test]
    fn the_nearest_names_are_suggested_and_no_others() {
        for (wanted, known, expect) in [
            ("trn-net-01", &["TRN-NET-01", "EPC-KMS-01"][..], "did you mean `TRN-NET-01`?"),
            ("TRN-NTE-01", &["TRN-NET-02", "TRN-NET-01"], "did you mean `TRN-NET-01`?"),
            ("TRN-NET-99", &["TRN-NET-02", "TRN-NET-01"], "did you mean `TRN-NET-01` or `TRN-NET-02`?"),
            ("ax", &["ab", "endpoint/ax"], ""),
            ("credit-d", &["credit-default-prod", "credit-train-1"], "did you mean `credit-default-prod`?"),
            ("cr", &["credit-default-prod"], ""),
            (
                "credit-t",
                &["credit-train-1-of-many", "credit-train-1"],
                "did you mean `credit-train-1` or `credit-train-1-of-many`?",
            ),
            ("credit", &["Credit", "credit-default"], "did you mean `Credit`?"),
            ("x-1", &["x-5", "x-4", "x-3", "x-2"], ""),
            (
                "name-1",
                &["name-5", "name-4", "name-3", "name-2"],
                "did you mean `name-2`, `name-3` or `name-4`?",
            ),
        ] {
            assert_eq!(question(wanted, known), expect, "{wanted}");
        }
    }

    #[test]
    fn a_preferred_name_is_suggested_once_and_alone() {
        let mut nearest = Nearest::to("model/a");
        nearest.consider("model/b", "model/b");
        nearest.prefer("endpoint/a");
        nearest.consider("endpoint/a", "endpoint/a");
        assert_eq!(nearest.question().unwrap(), "did you mean `endpoint/a`?");
    }
}
