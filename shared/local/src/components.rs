//! The simulated account's inference components. Their calls cause events, their state changes do not.

use sagewarden_events::{Actor, Resource, ResourceKind, Timestamp};
use serde_json::{Value, json};

use crate::account::SimulatedAccount;
use crate::fault::Fault;
use crate::shape::{begin_component, expect_status};

const STATUS: &str = "InferenceComponentStatus";

impl SimulatedAccount {
    /// Gives a component another specification, another number of copies, or both, as `UpdateInferenceComponent` and
    /// `UpdateInferenceComponentRuntimeConfig` do.
    ///
    /// # Errors
    /// If it does not exist or is on the way already, or a model that it names does not exist.
    pub fn update_component(
        &self,
        call: &str,
        request: &Value,
        caller: &Actor,
        now: Timestamp,
    ) -> Result<Resource, Fault> {
        let name = request.get("InferenceComponentName").and_then(Value::as_str).unwrap_or_default();
        let component = self.resource(ResourceKind::InferenceComponent, name);
        self.check_references(ResourceKind::InferenceComponent, request)?;
        self.change(&component, now, |document| {
            expect_status(document, STATUS, "InService", "Cannot update an inference component in status")?;
            for field in ["Specification", "Specifications"] {
                if let Some(asked) = request.get(field) {
                    document.insert(field.into(), asked.clone());
                }
            }
            let copies = request.get("RuntimeConfig").or_else(|| request.get("DesiredRuntimeConfig"));
            document.extend(copies.map(|copies| ("RuntimeConfig".to_owned(), copies.clone())));
            begin_component(document, now);
            document.insert(STATUS.into(), "Updating".into());
            Ok(())
        })?;
        self.announce_call(call, &component, request, caller, now)?;
        Ok(component)
    }

    /// Lets a component come into service, with as many copies as were asked for; or fail, with none.
    ///
    /// # Errors
    /// If it does not exist.
    pub fn finish_component(
        &self,
        component: &Resource,
        succeeds: bool,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.change(component, now, |document| {
            document.insert(STATUS.into(), if succeeds { "InService" } else { "Failed" }.into());
            if let Some(runtime) = document.get_mut("RuntimeConfig").and_then(Value::as_object_mut) {
                let desired = runtime.get("DesiredCopyCount").cloned().filter(|_| succeeds);
                runtime.insert("CurrentCopyCount".into(), desired.unwrap_or_else(|| json!(0)));
            }
            Ok(())
        })
    }

    /// Deletes a component.
    ///
    /// # Errors
    /// If it does not exist.
    pub fn delete_component(&self, name: &str, caller: &Actor, now: Timestamp) -> Result<(), Fault> {
        let component = self.resource(ResourceKind::InferenceComponent, name);
        self.delete(&component, now)?;
        let request = json!({ "InferenceComponentName": name });
        self.announce_call("DeleteInferenceComponent", &component, &request, caller, now)
    }
}
