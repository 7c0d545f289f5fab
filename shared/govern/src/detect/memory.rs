//! Limits that fit into the memory of `detect-drift`, which has 1,024 MB (`infra/template.yaml`). `shared/monitor/examples/memory.rs`
//! measures the figures; `docs/BENCHMARKS.md` lists them.

/// How many columns a baseline, training data and a window may have: each takes about half a megabyte, including
/// everything that is in memory at the same time.
pub(super) const MAX_COLUMNS: usize = 1_000;
/// How many bytes a baseline's file may have. `statistics.json` with [`MAX_COLUMNS`] columns has about 50 MB, and
/// takes five times as much memory.
pub(super) const MAX_FILE: u64 = 64 * 1024 * 1024;
/// How many bytes a profile may have: [`MAX_COLUMNS`] columns with full sketches have about 50 MB.
pub(super) const MAX_PROFILE: u64 = 64 * 1024 * 1024;
/// How many values of a list, texts and objects a baseline's file may have: the shorter they are, the more memory the
/// same bytes take.
const MAX_VALUES: usize = 8_000_000;
const MAX_TEXTS: usize = 4_000_000;
const MAX_OBJECTS: usize = 400_000;

/// How many bytes the profiles that are read at the same time may take, and how many one column of one takes, stored
/// and in memory.
const PROFILES: usize = 128 * 1024 * 1024;
const COLUMN: usize = 128 * 1024;

/// How many profiles with this many columns are read at the same time.
pub(super) fn profiles_at_once(columns: usize) -> usize {
    (PROFILES / (COLUMN * columns.max(1))).clamp(1, 16)
}

/// Why a document does not fit, found before it is parsed.
pub(super) fn too_much(json: &[u8]) -> Option<String> {
    let (mut values, mut texts, mut objects) = (0_usize, 0_usize, 0_usize);
    let (mut in_text, mut is_escaped) = (false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => {
                texts += usize::from(in_text);
                in_text = !in_text;
            }
            b',' if !in_text => values += 1,
            b'{' if !in_text => objects += 1,
            _ => {}
        }
    }
    let counted =
        [(values, MAX_VALUES, "values"), (texts, MAX_TEXTS, "texts"), (objects, MAX_OBJECTS, "objects")];
    let over = counted.into_iter().find(|(found, most, _)| found > most)?;
    Some(format!("it has {} {}, more than {}", over.0, over.2, over.1))
}

/// Why this many columns do not fit.
pub(super) fn too_wide(columns: usize) -> Option<String> {
    (columns > MAX_COLUMNS).then(|| format!("it has {columns} columns, more than {MAX_COLUMNS}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_outside_of_texts() {
        assert_eq!(too_much(br#"{"a":"{{{,,,\"","b":[1,2]}"#), None);
        let wide = format!("[{}]", "{},".repeat(MAX_OBJECTS + 1));
        assert_eq!(too_much(wide.as_bytes()).as_deref(), Some("it has 400001 objects, more than 400000"));
        let texts = "\"\",".repeat(MAX_TEXTS + 1);
        assert_eq!(too_much(texts.as_bytes()).as_deref(), Some("it has 4000001 texts, more than 4000000"));
        let values = ",".repeat(MAX_VALUES + 1);
        assert_eq!(too_much(values.as_bytes()).as_deref(), Some("it has 8000001 values, more than 8000000"));
        let quoted = format!("[\"{}\"]", ",{".repeat(MAX_VALUES));
        assert_eq!(too_much(quoted.as_bytes()), None);
    }

    #[test]
    fn the_wider_a_profile_the_fewer_are_read_at_once() {
        let at_once = [1, 20, 64, 100, 500, 1_000, 100_000].map(profiles_at_once);
        assert_eq!(at_once, [16, 16, 16, 10, 2, 1, 1]);
    }
}
