//! The sources of a crate as text: which file takes names from which other one, and what each declares. Read from `mod` and `use`
//! lines and from paths in the code; tests within a file do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, mem};

use crate::Result;

/// One crate's files.
#[derive(Debug)]
pub struct Sources {
    /// By the path of their module, the root being the empty path.
    modules: BTreeMap<Vec<String>, Module>,
}

#[derive(Debug)]
struct Module {
    /// Below the folder of the crate's root.
    file: String,
    /// Without comments, texts and tests.
    code: String,
}

/// Names that one file takes from another one: from, to, names.
pub type Arrow = (String, String, BTreeSet<String>);

impl Sources {
    /// Reads a crate from its root, such as `src/lib.rs`.
    ///
    /// # Errors
    /// When a file cannot be read, or a module has none.
    pub fn of(root: &Path) -> Result<Self> {
        let folder = root.parent().ok_or("a crate's root lies in a folder")?.to_path_buf();
        let mut modules = BTreeMap::new();
        let mut todo = vec![(Vec::new(), root.to_path_buf(), folder.clone())];
        while let Some((path, file, children)) = todo.pop() {
            let code = without_tests(&without_comments(&fs::read_to_string(&file)?));
            for child in declared_modules(&code) {
                let flat = children.join(format!("{child}.rs"));
                let nested = children.join(&child);
                let file = if flat.is_file() { flat } else { nested.join("mod.rs") };
                let mut path: Vec<String> = path.clone();
                path.push(child);
                todo.push((path, file, nested));
            }
            let file = file.strip_prefix(&folder)?.to_string_lossy().into_owned();
            modules.insert(path, Module { file, code });
        }
        Ok(Self { modules })
    }

    /// Which file takes names from which other one.
    #[must_use]
    pub fn arrows(&self) -> Vec<Arrow> {
        let mut arrows: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for (here, module) in &self.modules {
            for path in paths(&module.code) {
                let Some((target, name)) = self.resolve(here, &path) else { continue };
                if target.file != module.file {
                    arrows.entry((module.file.clone(), target.file.clone())).or_default().insert(name);
                }
            }
        }
        arrows.into_iter().map(|((from, to), names)| (from, to, names)).collect()
    }

    /// Sets of files that reach each other, each sorted; a file alone is not a circle.
    #[must_use]
    pub fn circles(&self) -> Vec<Vec<String>> {
        let arrows = self.arrows();
        let reach = |from: &str| {
            let (mut found, mut todo) = (BTreeSet::new(), vec![from.to_owned()]);
            while let Some(next) = todo.pop() {
                let further = arrows.iter().filter(|(from, ..)| *from == next).map(|(_, to, _)| to);
                todo.extend(further.filter(|to| found.insert((*to).clone())).cloned().collect::<Vec<_>>());
            }
            found
        };
        let files: BTreeSet<&String> = self.modules.values().map(|module| &module.file).collect();
        let reached: BTreeMap<&String, BTreeSet<String>> =
            files.iter().map(|file| (*file, reach(file))).collect();
        let mut circles = BTreeSet::new();
        for (file, others) in &reached {
            let circle: Vec<String> = others
                .iter()
                .filter(|other| reached.get(other).is_some_and(|back| back.contains(*file)))
                .cloned()
                .collect();
            if !circle.is_empty() {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }

    /// The types and traits that each file declares, by their names.
    #[must_use]
    pub fn declared_types(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for module in self.modules.values() {
            let words: Vec<&str> = words(&module.code);
            for pair in words.windows(2) {
                let [keyword, name] = pair else { continue };
                if matches!(*keyword, "struct" | "enum" | "trait") && starts_upper(name) {
                    found.entry((*name).to_owned()).or_default().push(module.file.clone());
                }
            }
        }
        found
    }

    /// The module that a path leads into, and the first name of the path that is not a module.
    fn resolve(&self, here: &[String], path: &[String]) -> Option<(&Module, String)> {
        let mut base: Vec<String> = here.to_vec();
        let mut rest = path.iter().peekable();
        match path.first()?.as_str() {
            "crate" => {
                base.clear();
                rest.next();
            }
            "self" => drop(rest.next()),
            "super" => {
                while rest.peek().is_some_and(|part| *part == "super") {
                    base.pop()?;
                    rest.next();
                }
            }
            // A child of this module, which is in scope by its name.
            child => {
                let mut inner = here.to_vec();
                inner.push(child.to_owned());
                self.modules.get(&inner)?;
            }
        }
        for part in rest {
            let mut inner = base.clone();
            inner.push(part.clone());
            if !self.modules.contains_key(&inner) {
                return self.modules.get(&base).map(|module| (module, part.clone()));
            }
            base = inner;
        }
        self.modules.get(&base).map(|module| (module, "*".to_owned()))
    }
}

/// Roots of the workspace's crates below a folder: libraries and programs, without tests and benchmarks.
///
/// # Errors
/// When a folder cannot be read.
pub fn crate_roots(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut roots = Vec::new();
    let src = folder.join("src");
    if folder.join("Cargo.toml").is_file() {
        roots.extend(
            ["lib.rs", "main.rs"].map(|name| src.join(name)).into_iter().filter(|root| root.is_file()),
        );
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && path != src && !hidden && !path.ends_with("target") {
            roots.extend(crate_roots(&path)?);
        }
    }
    Ok(roots)
}

/// The same text with blanks in place of comments and string literals.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.char_indices().peekable();
    let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
    while let Some((at, c)) = chars.next() {
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with("//") {
            out.push(' ');
            while let Some((_, c)) = chars.next_if(|(_, c)| *c != '\n') {
                out.push(blank(c));
            }
        } else if rest.starts_with("r\"")
            || rest.starts_with("r#") && rest.trim_start_matches("r#").starts_with(['"', '#'])
        {
            let hashes = rest.chars().skip(1).take_while(|c| *c == '#').count();
            let end = format!("\"{}", "#".repeat(hashes));
            let start = at + 2 + hashes;
            let length = text.get(start..).and_then(|body| body.find(&end)).unwrap_or(0);
            let stop = start + length + end.len();
            out.push(' ');
            while let Some((_, c)) = chars.next_if(|(at, _)| *at < stop) {
                out.push(blank(c));
            }
        } else if c == '"' {
            out.push(' ');
            while let Some((_, c)) = chars.next() {
                out.push(blank(c));
                match c {
                    '\\' => out.push(chars.next().map_or(' ', |(_, c)| blank(c))),
                    '"' => break,
                    _ => {}
                }
            }
        } else if c == '\'' && (rest.chars().nth(2) == Some('\'') || rest.starts_with("'\\")) {
            out.push(' ');
            let mut escaped = false;
            for (_, c) in chars.by_ref() {
                out.push(blank(c));
                if c == '\'' && !escaped {
                    break;
                }
                escaped = c == '\\' && !escaped;
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The same code without what only tests are built with: `#[cfg(test)]` and the item behind it.
fn without_tests(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some((before, behind)) = rest.split_once("#[cfg(test)]") {
        out.push_str(before);
        let open = behind.find(['{', ';']).unwrap_or(behind.len());
        let mut depth = 0_usize;
        let mut end = behind.len();
        for (at, c) in behind.char_indices().skip_while(|(at, _)| *at < open) {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                end = at + c.len_utf8();
                break;
            }
        }
        rest = behind.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Names of modules with a file of their own: `mod name;`.
fn declared_modules(code: &str) -> Vec<String> {
    let words: Vec<&str> = code.split_whitespace().collect();
    let pairs = words.windows(2).filter_map(|pair| match pair {
        ["mod", name] => name.strip_suffix(';').map(str::to_owned),
        _ => None,
    });
    pairs.collect()
}

/// Every path of the code, with `use` trees written out: `use a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = find_word(rest, "use") {
        expressions(rest.get(..at).unwrap_or_default(), &mut found);
        let behind = rest.get(at + 3..).unwrap_or_default();
        let (tree, next) = behind.split_once(';').unwrap_or((behind, ""));
        write_out(tree, &mut Vec::new(), &mut found);
        rest = next;
    }
    expressions(rest, &mut found);
    found
}

fn find_word(text: &str, word: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find(word).map(|at| at + from) {
        let before = text.get(..at)?.chars().next_back();
        let after = text.get(at + word.len()..)?.chars().next();
        if !before.is_some_and(is_name) && after.is_some_and(char::is_whitespace) {
            return Some(at);
        }
        from = at + word.len();
    }
    None
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn words(code: &str) -> Vec<&str> {
    code.split(|c: char| !is_name(c)).filter(|word| !word.is_empty()).collect()
}

fn starts_upper(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

fn write_out(tree: &str, prefix: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    for branch in branches(tree) {
        let branch = branch.trim();
        let length = prefix.len();
        if let Some((head, inner)) = branch.split_once('{') {
            prefix.extend(head.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
            write_out(inner.rsplit_once('}').map_or(inner, |(inner, _)| inner), prefix, found);
        } else if !branch.is_empty() {
            let plain = branch.split(" as ").next().unwrap_or(branch);
            prefix.extend(plain.split("::").map(|part| part.trim().to_owned()));
            found.push(prefix.clone());
        }
        prefix.truncate(length);
    }
}

/// The parts of a `use` tree between its outer commas.
fn branches(tree: &str) -> Vec<String> {
    let (mut parts, mut part, mut depth) = (Vec::new(), String::new(), 0_usize);
    for c in tree.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    parts
}

/// Paths in expressions and types: `crate::a::b`, `super::c`, `child::d`.
fn expressions(code: &str, found: &mut Vec<Vec<String>>) {
    let mut path: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut joined = false;
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        if is_name(c) {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            if !joined {
                flush(&mut path, found);
            }
            path.push(mem::take(&mut word));
        }
        joined = c == ':' && chars.peek() == Some(&':');
        if joined {
            chars.next();
        } else if c != '<' {
            flush(&mut path, found);
        }
    }
    if !word.is_empty() {
        path.push(word);
    }
    flush(&mut path, found);
}

fn flush(path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    if path.len() > 1 {
        found.push(mem::take(path));
    }
    path.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, expect: &[&str]) {
        let code = without_tests(&without_comments(code));
        let found: Vec<String> = paths(&code).iter().map(|path| path.join("::")).collect();
        assert_eq!(found, expect, "{code}");
    }

    #[test]
    fn a_use_tree_is_written_out() {
        check(
            "use crate::a::{self, b::{C, D as E}, f::*};",
            &["crate::a::self", "crate::a::b::C", "crate::a::b::D", "crate::a::f::*"],
        );
    }

    #[test]
    fn paths_in_code_count_and_comments_texts_and_tests_do_not() {
        check(
            "fn f() { super::g(child::H::new(\"crate::no\")) } // crate::no\n#[cfg(test)]\nmod tests { use super::*; }\nfn h() { crate::i::j() }",
            &["super::g", "child::H::new", "crate::i::j"],
        );
    }

    #[test]
    fn files_that_take_from_each_other_are_a_circle() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("lib.rs", "mod a;\nmod b;\nmod c;\n");
        put("a.rs", "use crate::b::B;\npub struct A;\n");
        put("b.rs", "pub struct B;\nfn f(_: super::a::A) {}\n");
        put("c/mod.rs", "mod d;\nuse d::D;\npub struct C;\n");
        put("c/d.rs", "pub struct D;\npub struct C;\n");
        let sources = Sources::of(&folder.path().join("lib.rs")).unwrap();
        assert_eq!(sources.circles(), [["a.rs", "b.rs"]]);
        let twice: Vec<String> = sources
            .declared_types()
            .into_iter()
            .filter(|(_, files)| files.len() > 1)
            .map(|(name, _)| name)
            .collect();
        assert_eq!(twice, ["C"]);
        put("c/d.rs", "use super::C;\npub struct D;\n");
        let sources = Sources::of(&folder.path().join("lib.rs")).unwrap();
        assert_eq!(sources.circles().len(), 2);
    }
}
