//! The house from within: no circle of files in a crate, and no type name that means two things in one.

use std::collections::BTreeMap;

use sagewarden_tests::sources::{Sources, crate_roots};
use sagewarden_tests::{Result, root};

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
