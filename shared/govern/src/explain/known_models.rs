//! The model that a process read last: an endpoint's windows follow each other, and its model stays the same.

use std::cell::RefCell;
use std::rc::Rc;

use sagewarden_explain::Model;

use super::deployed::Artifact;
use super::read_model::read;
use super::unexplained::Unexplained;
use crate::notify::Moment;
use crate::world::World;

/// The model that was read last, or the reason why that file cannot be explained. A version of a file never changes.
#[derive(Debug, Default)]
pub(crate) struct KnownModels(RefCell<Option<(Artifact, FoundModel)>>);

/// A model, or the reason why there is none.
type FoundModel = Result<Rc<Model>, String>;

impl KnownModels {
    /// The model of an artifact.
    ///
    /// # Errors
    /// As [`read`].
    pub(super) async fn read(
        &self,
        world: &impl World,
        artifact: &Artifact,
        moment: &Moment,
    ) -> Result<Rc<Model>, Unexplained> {
        if let Some(known) = self.get(artifact) {
            return known.map_err(Unexplained::NoSuchModel);
        }
        // The other one leaves the memory first.
        self.0.take();
        let found = match read(world, artifact, moment).await {
            Ok(model) => Ok(Rc::new(model)),
            Err(Unexplained::NoSuchModel(why)) => Err(why),
            Err(other) => return Err(other),
        };
        self.0.replace(Some((artifact.clone(), found.clone())));
        found.map_err(Unexplained::NoSuchModel)
    }

    fn get(&self, artifact: &Artifact) -> Option<FoundModel> {
        let known = self.0.borrow();
        known.as_ref().filter(|(of, _)| of == artifact).map(|(_, found)| found.clone())
    }
}
