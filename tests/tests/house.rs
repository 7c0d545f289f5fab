//! Rules inside crates: no circle of files, no type name that means two things, and only `rows` spells the keys of the table. And a rule
//! for documents: every link leads to something.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sagewarden_tests::sources::{Sources, crate_roots};
use sagewarden_tests::{Result, files_below, root};

/// The crates' sources, by the path of their root below the checkout.
fn crates() -> Result<BTreeMap<String, Sources>> {
    let mut found = BTreeMap::new();
    for folder in ["shared", "functions", "cli", "tests"] {
        for file in crate_roots(&root().join(folder))? {
            let name = file.strip_prefix(root())?.to_string_lossy().into_owned();
            found.insert(name, Sources::of(&file)?);
        }
    }
    assert!(found.len() > 20, "{:?}", found.keys());
    Ok(found)
}

#[test]
fn no_files_of_a_crate_take_from_each_other() -> Result<()> {
    let mut circles = Vec::new();
    for (name, sources) in crates()? {
        for circle in sources.circles() {
            let arrows = sources.arrows();
            let ties = arrows.iter().filter(|(from, to, _)| circle.contains(from) && circle.contains(to));
            let ties: Vec<String> =
                ties.map(|(from, to, names)| format!("  {from} -> {to}: {names:?}")).collect();
            circles.push(format!("{name}: {circle:?}\n{}", ties.join("\n")));
        }
    }
    assert!(circles.is_empty(), "{} circles:\n{}", circles.len(), circles.join("\n"));
    Ok(())
}

#[test]
fn no_type_name_is_declared_twice_in_a_crate() -> Result<()> {
    let mut twice = Vec::new();
    for (name, sources) in crates()? {
        let types = sources.declared_types().into_iter().filter(|(_, files)| files.len() > 1);
        twice.extend(types.map(|(each, files)| format!("{name}: {each} in {files:?}")));
    }
    assert!(twice.is_empty(), "{} names:\n{}", twice.len(), twice.join("\n"));
    Ok(())
}

/// Texts between quotation marks, line by line, as far as they stand on one line.
fn texts(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

/// Whether a text begins as a key of the table does: `V#`, `K#name#`, or alone as a format, `O#{}:`.
fn is_key(text: &str) -> bool {
    const PREFIXES: [&str; 23] = [
        "A#", "C#", "D#", "E#", "F#", "G#", "H#", "J#", "K#", "L#", "N#", "O#", "P#", "R#", "S#", "T#", "V#",
        "VJ#", "VK#", "W#", "X#", "Y#", "ref#",
    ];
    PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

fn sources_below(folder: &Path, found: &mut Vec<(String, String)>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            // Tests and benchmarks look at rows from outside.
            if !path.ends_with("tests") && !path.ends_with("benches") && !path.ends_with("target") {
                sources_below(&path, found)?;
            }
        } else if !path.ends_with("tests.rs") && path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root())?.to_string_lossy().into_owned();
            let text = fs::read_to_string(&path)?;
            // Test-only code stands at the end of a file.
            let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            found.push((name, own));
        }
    }
    Ok(())
}

#[test]
fn keys_of_the_table_are_spelled_by_rows_and_nobody_else() -> Result<()> {
    let mut sources = Vec::new();
    for folder in ["shared", "functions", "cli"] {
        sources_below(&root().join(folder), &mut sources)?;
    }
    let mut spelled = Vec::new();
    let mut in_rows = 0;
    for (name, text) in &sources {
        for (line, number) in text.lines().zip(1..) {
            let code = line.split("//").next().unwrap_or_default();
            let keys = texts(code).filter(|text| is_key(text)).count();
            let parsed = code.contains("rsplit('@')") && name != "shared/lineage/src/id.rs";
            if name.starts_with("shared/lineage/src/rows/") {
                in_rows += keys;
            } else if keys > 0 || parsed {
                spelled.push(format!("{name}:{number}: {}", line.trim()));
            }
        }
    }
    assert!(in_rows > 15, "the scan finds {in_rows} keys in rows: it sees too little");
    assert!(spelled.is_empty(), "{}", spelled.join("\n"));
    Ok(())
}

/// The documents of the project, below its root and below `docs`, `events` and `python`.
fn documents() -> Result<Vec<(PathBuf, String)>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root())?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|own| own == "md"));
    for folder in ["docs", "events", "python"] {
        files.extend(files_below(&root().join(folder), &["md"])?);
    }
    files.into_iter().map(|path| Ok((path.clone(), fs::read_to_string(path)?))).collect()
}

/// The anchor that a page of the hosting gives to a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
}

#[test]
fn documents_link_to_what_is_there() -> Result<()> {
    let mut broken = Vec::new();
    let mut links = 0;
    for (file, text) in documents()? {
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://") && !target.contains([' ', '\n'])) {
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let to = if path.is_empty() { file.clone() } else { file.with_file_name("").join(path) };
            links += 1;
            let has_heading = || {
                let page = fs::read_to_string(&to).unwrap_or_default();
                let mut headings = page.lines().filter(|line| line.starts_with('#'));
                headings.any(|line| anchor(line.trim_start_matches('#').trim()) == heading)
            };
            if !to.exists() || (!heading.is_empty() && !has_heading()) {
                broken.push(format!("{}: {target}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these links lead nowhere:\n{}", broken.join("\n"));
    assert!(links > 100, "only {links} links were found");
    Ok(())
}

#[test]
fn the_book_has_every_page_of_docs() -> Result<()> {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md"))?;
    let missing: Vec<String> = fs::read_dir(root().join("docs"))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            name.ends_with(".md") && name != "SUMMARY.md" && !summary.contains(&format!("({name})"))
        })
        .collect();
    assert!(missing.is_empty(), "docs/SUMMARY.md lacks {missing:?}");
    Ok(())
}

/// A library without examples in its documentation is not asked for any: rustdoc would read the whole crate to find none.
#[test]
fn the_libraries_that_have_examples_run_them() -> Result<()> {
    let metadata = cargo_metadata::MetadataCommand::new().current_dir(root()).no_deps().exec()?;
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        for library in package.targets.iter().filter(|target| target.is_lib()) {
            let sources = library.src_path.parent().ok_or("a library has no folder")?;
            let has_examples = files_below(sources.as_std_path(), &["rs"])?
                .iter()
                .map(fs::read_to_string)
                .collect::<std::io::Result<Vec<_>>>()?
                .iter()
                .any(|text| has_example(text));
            if has_examples != library.doctest {
                wrong.push(format!("{}: `doctest` must be {has_examples}", package.manifest_path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Whether a comment of documentation has a block that rustdoc compiles: one that does not say that it is another language.
fn has_example(source: &str) -> bool {
    let lines = source.lines().map(str::trim_start);
    let fences = lines
        .filter_map(|line| line.strip_prefix("///").or(line.strip_prefix("//!"))?.trim().strip_prefix("```"));
    // Every other fence ends a block.
    fences
        .step_by(2)
        .any(|language| ["", "rust", "compile_fail", "should_panic", "no_run"].contains(&language))
}
