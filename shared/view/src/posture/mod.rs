//! The page of a scan: a summary of an account's resources. It is self-contained, has a light and a dark style, and needs no script.

mod html;

/// The content of a scan's page.
#[derive(Clone, Debug, Default)]
pub struct PostureReport {
    /// The account and the region.
    pub title: String,
    /// Facts about the scan: names and values.
    pub facts: Vec<(&'static str, String)>,
    /// Failed controls by area.
    pub areas: Vec<PostureArea>,
    /// The results for each kind.
    pub kinds: Vec<PostureKind>,
    /// The resources that fail most, the worst first.
    pub worst: Vec<PostureResource>,
    /// The owners of failing resources: the name, how many resources, how many failed controls.
    pub owners: Vec<(String, u64, u64)>,
    /// The remedies of Sagewarden in the mode `enforce`: the action, and the number of resources.
    pub remedies: Vec<(String, u64)>,
    /// Jobs that have ended, and that Sagewarden would have stopped while they ran.
    pub ran_on: u64,
    /// The resources that it would stop or delete, the newest first.
    pub stopped: Vec<PostureResource>,
    /// The live endpoints.
    pub endpoints: Vec<PostureEndpoint>,
    /// The parts that the scan could not see, and why.
    pub missing: Vec<String>,
}

/// Failed controls of an area of the catalogue.
#[derive(Clone, Debug)]
pub struct PostureArea {
    /// Its name.
    pub name: String,
    /// How many resources fail a control, by [severity](sagewarden_lineage::rows::SEVERITIES).
    pub failed: [u64; 5],
}

/// The results for a kind.
#[derive(Clone, Debug)]
pub struct PostureKind {
    /// Its name.
    pub noun: String,
    /// How many there are.
    pub found: u64,
    /// How many keep every control.
    pub compliant: u64,
    /// How many fail one.
    pub violating: u64,
    /// How many could not be judged completely.
    pub undecided: u64,
    /// How many fail only waived controls.
    pub waived: u64,
}

impl PostureKind {
    /// How many have no verdict: no control is about them, they are being changed, or what started them is judged instead.
    pub(crate) fn not_judged(&self) -> u64 {
        self.found.saturating_sub(self.compliant + self.violating + self.undecided + self.waived)
    }
}

/// A resource that fails controls.
#[derive(Clone, Debug)]
pub struct PostureResource {
    /// In words, such as ``training job `t` ``.
    pub name: String,
    /// Its owner, if known.
    pub owner: String,
    /// The worst severity.
    pub severity: &'static str,
    /// The failed controls.
    pub controls: String,
    /// The remedy of Sagewarden.
    pub remedy: String,
}

/// A live endpoint with its lineage.
#[derive(Clone, Debug)]
pub struct PostureEndpoint {
    /// Its name.
    pub name: String,
    /// The models that it serves.
    pub models: String,
    /// The jobs that trained them.
    pub jobs: String,
    /// How many sets of data and files they read.
    pub data: u64,
    /// Their commits.
    pub commits: String,
    /// How many gaps its lineage has.
    pub gaps: u64,
    /// The page of its lineage, beside this one.
    pub page: Option<String>,
}
