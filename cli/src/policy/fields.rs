//! The fields of a control for people: a row of a few, else a tree in which each common beginning stands once.

use crate::output::line;

/// Fields that fit into one row.
const FEW: usize = 3;

/// A name, and the fields below it.
#[derive(Debug, Default)]
struct Branch {
    name: String,
    below: Vec<Branch>,
    is_field: bool,
}

/// The fields as the lines of a row of `policy explain`, the first without its indent.
pub(crate) fn lines(fields: &[String], indent: usize) -> String {
    if fields.len() <= FEW {
        return line(&fields.join(", "));
    }
    // Fields of the request itself, and those that another operation answers with.
    let mut root = Branch::default();
    for field in fields {
        let (operation, path) =
            field.split_once(':').map_or((None, field.as_str()), |(of, path)| (Some(of), path));
        let operation = operation.map(|operation| format!("(answer of {operation})"));
        let parts = operation.into_iter().chain(path.split('.').map(str::to_owned));
        root.put(parts.collect());
    }
    let mut lines = Vec::new();
    root.below.into_iter().for_each(|branch| branch.write(0, &mut lines));
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

impl Branch {
    fn put(&mut self, parts: Vec<String>) {
        let mut branch = self;
        for part in parts {
            let at = branch.below.iter().position(|one| one.name == part).unwrap_or(branch.below.len());
            if at == branch.below.len() {
                branch.below.push(Self { name: part, ..Self::default() });
            }
            match branch.below.get_mut(at) {
                Some(next) => branch = next,
                None => return,
            }
        }
        branch.is_field = true;
    }

    /// Writes it and what is below. A name with one name below it shares its line.
    fn write(mut self, depth: usize, lines: &mut Vec<String>) {
        while self.below.len() == 1 && !self.is_field {
            let Some(only) = self.below.pop() else { break };
            let between = if self.name.ends_with(')') { " " } else { "." };
            self = Self { name: format!("{}{between}{}", self.name, only.name), ..only };
        }
        lines.push(format!("{}{}", "  ".repeat(depth), line(&self.name)));
        self.below.into_iter().for_each(|branch| branch.write(depth + 1, lines));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_beginning_stands_once() {
        let fields = |all: &[&str]| all.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>();
        assert_eq!(lines(&fields(&["A.B", "A.C", "D"]), 4), "A.B, A.C, D");
        let all = fields(&["A[].B.C", "A[].B.D", "A[]", "E.F.G", "DescribeModel:H.I", "DescribeModel:H.J"]);
        let expect = ["A[]", "  B", "    C", "    D", "E.F.G", "(answer of DescribeModel) H", "  I", "  J"];
        assert_eq!(lines(&all, 2), expect.join("\n  "));
    }
}
