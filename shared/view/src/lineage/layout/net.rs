//! The vertices of a picture, and how they are joined.

/// The height of a box.
pub(crate) const HEIGHT: f64 = 60.0;

/// The vertices of a picture: its nodes, and bends of lines. They are numbered, the nodes first.
#[derive(Debug, Default)]
pub(super) struct Net {
    /// How many of them are nodes.
    pub(super) nodes: usize,
    /// The column of each.
    pub(super) ranks: Vec<usize>,
    /// The neighbours of each in the column before.
    pub(super) before: Vec<Vec<usize>>,
    /// The neighbours of each in the column after.
    pub(super) after: Vec<Vec<usize>>,
}

impl Net {
    pub(super) fn is_bend(&self, vertex: usize) -> bool {
        vertex >= self.nodes
    }

    pub(super) fn rank(&self, vertex: usize) -> usize {
        self.ranks.get(vertex).copied().unwrap_or_default()
    }

    pub(super) fn before(&self, vertex: usize) -> &[usize] {
        self.before.get(vertex).map_or(&[], Vec::as_slice)
    }

    pub(super) fn after(&self, vertex: usize) -> &[usize] {
        self.after.get(vertex).map_or(&[], Vec::as_slice)
    }

    pub(super) fn add(&mut self, rank: usize) -> usize {
        self.ranks.push(rank);
        self.before.push(Vec::new());
        self.after.push(Vec::new());
        self.ranks.len() - 1
    }

    pub(super) fn join(&mut self, from: usize, to: usize) {
        if let Some(after) = self.after.get_mut(from).filter(|after| !after.contains(&to)) {
            after.push(to);
            if let Some(before) = self.before.get_mut(to) {
                before.push(from);
            }
        }
    }

    /// The vertices of each column.
    pub(super) fn columns(&self) -> Vec<Vec<usize>> {
        let count = self.ranks.iter().max().map_or(0, |last| last + 1);
        let mut columns = vec![Vec::new(); count];
        for (vertex, rank) in self.ranks.iter().enumerate() {
            if let Some(column) = columns.get_mut(*rank) {
                column.push(vertex);
            }
        }
        columns
    }
}
