//! The walks of ARCHITECTURE.md lead where they say: each stop is a function in a file, and is called by one of the stops before it.

use std::collections::BTreeSet;
use std::fs;

use sagewarden_tests::{Result, root};

/// Stops that a reader can hold in mind.
const MOST: usize = 25;

/// A line such as: 3. `shared/lambda/src/batch.rs` `handle`: reads the event.
#[derive(Debug)]
struct Stop {
    file: String,
    function: String,
}

/// The walks by their headings.
fn walks() -> Result<Vec<(String, Vec<Stop>)>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let mut walks: Vec<(String, Vec<Stop>)> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("### Walk: ") {
            walks.push((title.to_owned(), Vec::new()));
        }
        let Some((_, stops)) = walks.last_mut() else { continue };
        let mut quoted = line.split('`');
        let numbered = quoted.next().is_some_and(|number| {
            number.trim().strip_suffix('.').is_some_and(|digits| digits.parse::<usize>().is_ok())
        });
        if let (true, Some(file), Some(_), Some(function)) =
            (numbered, quoted.next(), quoted.next(), quoted.next())
        {
            stops.push(Stop { file: file.to_owned(), function: function.to_owned() });
        }
    }
    Ok(walks)
}

/// The body of a function, from its first brace to the one that closes it.
fn body(source: &str, function: &str) -> Option<String> {
    let (_, behind) = source
        .split_once(&format!("fn {function}("))
        .or_else(|| source.split_once(&format!("fn {function}<")))?;
    let mut depth = 0_usize;
    let mut body = String::new();
    for c in behind.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        body.push(c);
        if depth == 0 && c == '}' {
            return Some(body);
        }
    }
    None
}

fn mentions(body: &str, name: &str) -> bool {
    body.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
}

#[test]
fn each_stop_of_a_walk_is_called_by_one_before_it_and_no_file_is_entered_twice() -> Result<()> {
    let walks = walks()?;
    assert_eq!(walks.len(), 5);
    for (title, stops) in walks {
        assert!((5..=MOST).contains(&stops.len()), "{title} has {} stops", stops.len());
        let mut bodies: Vec<String> = Vec::new();
        let mut left: BTreeSet<&str> = BTreeSet::new();
        for (number, stop) in stops.iter().enumerate() {
            let Stop { file, function } = stop;
            let place = format!("{title}, stop {}: `{file}` `{function}`", number + 1);
            let source =
                fs::read_to_string(root().join(file)).map_err(|error| format!("{place}: {error}"))?;
            let body =
                body(&source, function).ok_or_else(|| format!("{place}: there is no such function"))?;
            // A trigger starts a program, and no function before it.
            let is_called = function == "main" || bodies.iter().any(|body| mentions(body, function));
            assert!(is_called, "{place}: no stop before it calls it");
            let before = number.checked_sub(1).and_then(|before| stops.get(before));
            left.extend(before.filter(|before| before.file != *file).map(|before| before.file.as_str()));
            assert!(!left.contains(file.as_str()), "{place}: the walk goes back to a file that it has left");
            bodies.push(body);
        }
    }
    Ok(())
}
