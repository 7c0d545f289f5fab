//! The pages of the explorer: one page for each question about the account, and links from each answer to the next.
//!
//! A page turns data into markup. It does not know who serves it: [`Frame`] says which address it has, and whether a server answers there.
//! The same page is also a JSON document and a table.

mod address;
mod controls;
mod difference;
mod drift;
mod entity;
mod frame;
mod graph;
mod grouping;
mod listing;
mod overview;
mod parts;
mod search;
mod sheet;
mod timeline;
mod trouble;
mod verdict;

pub use address::{Address, asked_entity, drift_of, graph_of, node_page, resource_page};
pub use controls::{ControlEntry, ControlsPage};
pub use difference::DifferencePage;
pub use drift::{DriftPage, FeaturePoint, WindowPoint};
pub use entity::EntityPage;
pub use frame::{Frame, Page, csv, html, json};
pub use graph::{Depth, GraphPage};
pub use listing::{ControlTitles, ListPage};
pub use overview::OverviewPage;
pub use search::{Hit, SearchPage};
pub use sheet::Sheet;
pub use trouble::Trouble;
