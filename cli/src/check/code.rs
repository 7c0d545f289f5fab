//! Python files and notebooks: the requests in them, as far as their arguments are literal.
//!
//! Python's own parser reads them, in a separate process that runs nothing of the file. The program for it is the package
//! `python/sagewarden/_source`, which is built into this command.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use sagewarden_policy::intake::{Intake, Lines, Node, Unusable, of_code};
use serde::Deserialize;
use serde_json::Value as Json;
use thiserror::Error;

use crate::check::source::Part;

/// The modules of the reader, as the package for Python has them, each after those that it imports.
const MODULES: [(&str, &str); 9] = [
    ("_source.operations", include_str!("../../../python/sagewarden/_source/operations.py")),
    ("_source.classes", include_str!("../../../python/sagewarden/_source/classes.py")),
    ("_source.values", include_str!("../../../python/sagewarden/_source/values.py")),
    ("_source.found", include_str!("../../../python/sagewarden/_source/found.py")),
    ("_source.calls", include_str!("../../../python/sagewarden/_source/calls.py")),
    ("_source.cells", include_str!("../../../python/sagewarden/_source/cells.py")),
    ("_source.core", include_str!("../../../python/sagewarden/_source/core.py")),
    ("_source.sdk", include_str!("../../../python/sagewarden/_source/sdk.py")),
    ("_source.reader", include_str!("../../../python/sagewarden/_source/reader.py")),
];
/// The package itself, which imports them.
const PACKAGE: &str = include_str!("../../../python/sagewarden/_source/__init__.py");
/// Code that people write is smaller by far.
const LARGEST: usize = 8 << 20;

/// Why a file of code cannot be judged.
#[derive(Debug, Error)]
pub(crate) enum UnreadableCode {
    /// The machine has no Python interpreter.
    #[error("Python cannot be started ({0}): install Python 3.9 or newer as `python3`")]
    NoPython(io::Error),
    /// The interpreter gave no answer.
    #[error("Python could not read it: {0}")]
    NoAnswer(String),
    /// The program that reads the code refused it.
    #[error("{0}")]
    Refused(String),
}

/// The answer of that process.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answered {
    error: Option<String>,
    requests: Vec<Called>,
    unread: Vec<Unread>,
}

/// A request in the code.
#[derive(Debug, Deserialize)]
struct Called {
    line: usize,
    cell: Option<usize>,
    operation: String,
    request: Json,
    /// The lines of its fields.
    lines: BTreeMap<String, usize>,
}

/// A call that creates something, and why it cannot be judged.
#[derive(Debug, Deserialize)]
struct Unread {
    line: usize,
    cell: Option<usize>,
    operation: Option<String>,
    why: String,
}

/// Whether a file holds Python code.
pub(crate) fn is_code(path: &Path) -> bool {
    is_notebook(path) || has_end(path, "py")
}

/// Whether code speaks of SageMaker: others' files in a folder do not.
pub(crate) fn is_ours(text: &str) -> bool {
    text.contains("sagemaker")
}

fn is_notebook(path: &Path) -> bool {
    has_end(path, "ipynb")
}

fn has_end(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(end))
}

/// The requests in a file of code, each with its place.
pub(crate) fn parts<'a>(path: &Path, text: &'a str) -> Result<Vec<Part<'a>>, UnreadableCode> {
    if text.len() > LARGEST {
        return Err(UnreadableCode::Refused("it is larger than 8 MB".to_owned()));
    }
    let answered = ask(is_notebook(path), text)?;
    if let Some(error) = answered.error {
        return Err(UnreadableCode::Refused(error));
    }
    let cells = is_notebook(path).then(|| Lines::of_json(text));
    let mut parts: Vec<Part<'a>> =
        answered.requests.into_iter().map(|called| part(called, cells.as_ref())).collect();
    let mut rest = Intake::default();
    for Unread { line, cell, operation, why } in answered.unread {
        let place = place(cell, line);
        match operation {
            Some(operation) => rest.undecided.push(format!("{place}: {operation}: {why}")),
            // A cell in the language of another program.
            None => rest.passed_over.push(format!("{place}: {why}")),
        }
    }
    if !rest.is_empty() {
        parts.push(Part { intake: rest, lines: None });
    }
    Ok(parts)
}

/// A request with the lines of its fields. In a notebook, these are lines of the file: a cell is a list of its lines there.
fn part<'a>(called: Called, cells: Option<&Lines<'_>>) -> Part<'a> {
    let Called { line, cell, operation, request, lines } = called;
    let at = place(cell, line);
    let in_file = |line: usize| match (cell, cells) {
        (Some(cell), Some(cells)) => cells.line_of(&format!("cells[{}].source[{}]", cell - 1, line - 1)),
        _ => Some(line),
    };
    let intake = of_code(&operation, &request, &at).unwrap_or_else(|why| {
        let words = format!("{at}: {why}");
        match why {
            Unusable::OtherCall(_) | Unusable::NoControls(_) => Intake::passed_over(vec![words]),
            _ => Intake::undecided(words),
        }
    });
    let mut fields = Fields::default();
    for (path, line) in &lines {
        fields.put(path, in_file(*line));
    }
    let own = in_file(line).unwrap_or(1);
    let members = BTreeMap::from([(at.to_ascii_lowercase(), fields.node(own))]);
    Part { intake, lines: Some(Lines::of(Node::map(own, members))) }
}

fn place(cell: Option<usize>, line: usize) -> String {
    cell.map_or_else(|| format!("line {line}"), |cell| format!("cell {cell} line {line}"))
}

/// Fields by their names, each with its line.
#[derive(Default)]
struct Fields {
    line: Option<usize>,
    members: BTreeMap<String, Fields>,
}

impl Fields {
    fn put(&mut self, path: &str, line: Option<usize>) {
        let mut fields = self;
        // `Containers[0].Image` is a field of an element: the element is a member like others.
        for part in path.split(['.', '[']) {
            fields = fields.members.entry(part.trim_end_matches(']').to_owned()).or_default();
        }
        fields.line = line;
    }

    fn node<'a>(self, above: usize) -> Node<'a> {
        let line = self.line.unwrap_or(above);
        let is_list = self.members.keys().next().is_some_and(|key| key.parse::<usize>().is_ok());
        let members = self.members.into_iter().map(|(key, fields)| (key, fields.node(line)));
        if is_list {
            let numbered = members.map(|(key, node)| (key.parse::<usize>().unwrap_or_default(), node));
            let numbered: BTreeMap<usize, Node<'a>> = numbered.collect();
            return Node::list(line, numbered.into_values().collect());
        }
        Node::map(line, members.map(|(key, node)| (key.to_ascii_lowercase(), node)).collect())
    }
}

/// The program: it makes the modules, and starts the reader. A JSON text is a literal of Python, too.
fn program() -> String {
    let modules = serde_json::json!(MODULES.iter().chain([&("_source", PACKAGE)]).collect::<Vec<_>>());
    format!(
        "import sys, types\n\
         package = sys.modules['_source'] = types.ModuleType('_source')\n\
         package.__path__ = []\n\
         for name, text in {modules}:\n    \
             module = sys.modules.setdefault(name, types.ModuleType(name))\n    \
             module.__package__ = '_source'\n    \
             exec(compile(text, name, 'exec'), module.__dict__)\n\
         sys.exit(package.main())\n"
    )
}

/// Asks Python. It is isolated (`-I -S`): nothing beside the file, in its folder or in the environment, is imported.
fn ask(is_notebook: bool, text: &str) -> Result<Answered, UnreadableCode> {
    let mut command = Command::new(interpreter());
    command.args(["-I", "-S", "-X", "utf8", "-c", &program()]);
    command.args(is_notebook.then_some("--notebook"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().map_err(UnreadableCode::NoPython)?;
    if let Some(mut input) = process.stdin.take() {
        // An interpreter that ends before it has read all says why below.
        drop(input.write_all(text.as_bytes()));
    }
    let output = process.wait_with_output().map_err(UnreadableCode::NoPython)?;
    serde_json::from_slice(&output.stdout).map_err(|_| UnreadableCode::NoAnswer(said(&output)))
}

/// The last line that the interpreter printed, or its exit status.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned);
    last.unwrap_or_else(|| format!("it ended with {}", output.status))
}

/// The interpreter beside this program, where a wheel was installed; else the one on the PATH.
fn interpreter() -> PathBuf {
    let beside = env::current_exe().ok().and_then(|own| Some(own.parent()?.join("python3")));
    beside.filter(|python| python.is_file()).unwrap_or_else(|| PathBuf::from("python3"))
}
