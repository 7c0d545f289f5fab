//! Reads the descriptions of models, of packages, and of the resources that serve them.

use sagewarden_events::{Resource, ResourceKind};

use super::{Observation, ResourceReference, View};
use crate::edge::SHADOW;
use crate::id::NodeId;
use crate::record::NEVER_FILLED;
use crate::rows::node;
use crate::table::Value;

/// The lists of variants, each with the first part of its roles. A shadow gets copies of requests; its answers reach nobody.
const VARIANTS: [(&str, &str); 2] = [("ProductionVariants", "variant"), ("ShadowProductionVariants", SHADOW)];

impl Observation {
    pub(super) fn model(&mut self, view: &View<'_>) {
        self.fact_text(view, node::ROLE, "ExecutionRoleArn");
        let primary = view.at("PrimaryContainer").filter(|container| container.is_object()).map(View);
        let containers = primary.into_iter().chain(view.list("Containers"));
        for (index, container) in containers.enumerate() {
            let place = container.text("ContainerHostname").unwrap_or_else(|| index.to_string());
            self.images.extend(container.text("Image").map(|image| (format!("container/{place}"), image)));
            self.model_data(&container, format!("model-data/{place}"));
            if let Some(package) = container.text("ModelPackageName") {
                self.package(&format!("package/{place}"), package);
            }
        }
    }

    pub(super) fn endpoint_config(&mut self, view: &View<'_>) {
        for (key, role) in VARIANTS {
            for variant in view.list(key) {
                let name = variant.text("VariantName").unwrap_or_default();
                if let Some(model) = variant.text("ModelName") {
                    self.source_name(format!("{role}/{name}"), ResourceKind::Model, model);
                }
            }
        }
    }

    pub(super) fn endpoint(&mut self, view: &View<'_>) {
        self.job_status(view, "EndpointStatus");
        self.config = view.text("EndpointConfigName");
        for (key, role) in VARIANTS {
            for variant in view.list(key) {
                let name = variant.text("VariantName").unwrap_or_default();
                for image in variant.list("DeployedImages") {
                    let reference = image.text("ResolvedImage").or_else(|| image.text("SpecifiedImage"));
                    self.images.extend(reference.map(|image| (format!("{role}/{name}"), image)));
                }
            }
        }
    }

    pub(super) fn inference_component(&mut self, view: &View<'_>) {
        self.job_status(view, "InferenceComponentStatus");
        if let Some(endpoint) = view.text("EndpointName") {
            let endpoint = NodeId::endpoint(&self.resource.sibling(ResourceKind::Endpoint, endpoint));
            self.facts.insert(node::ENDPOINT.into(), Value::Text(endpoint.to_string()));
        }
        self.fact_text(view, node::VARIANT, "VariantName");
        let one = view.at("Specification").filter(|specification| specification.is_object()).map(View);
        for (index, specification) in one.into_iter().chain(view.list("Specifications")).enumerate() {
            // Several specifications are one for each type of instance.
            let place = specification.text("InstanceType").unwrap_or_else(|| index.to_string());
            if let Some(model) = specification.text("ModelName") {
                self.source_name(format!("model/{place}"), ResourceKind::Model, model);
            }
            // A request names the image where a description has what became of it.
            let image = specification.text("Container.Image");
            let image = image.or_else(|| specification.text("Container.DeployedImage.SpecifiedImage"));
            self.images.extend(image.map(|image| (format!("container/{place}"), image)));
            self.input(specification.text("Container.ArtifactUrl"), format!("model-data/{place}"), true);
            if let Some(base) = specification.text("BaseInferenceComponentName") {
                self.source_name(format!("adapts/{place}"), ResourceKind::InferenceComponent, base);
            }
        }
    }

    /// It leads to the endpoints and components of its own account and region. What lies elsewhere is a fact and a gap, and no node: another
    /// endpoint may have the same name here.
    pub(super) fn inference_router(&mut self, view: &View<'_>) {
        let mut routes = Vec::new();
        for target in view.list("RoutingTargets") {
            let name = target.text("Name").unwrap_or_default();
            for destination in target.list("Destinations") {
                let Some(arn) = destination.text("ResourceArn") else { continue };
                routes.push(format!("{name}: {arn}"));
                let role = format!("target/{name}");
                let problem = match Resource::parse_arn(&arn) {
                    Ok(resource) if !self.is_neighbour(&resource) => {
                        "lies in another account or region: nothing is recorded of it"
                    }
                    Ok(resource) if resource.kind == ResourceKind::Endpoint => {
                        self.endpoints.push((role, NodeId::endpoint(&resource)));
                        continue;
                    }
                    Ok(resource) if resource.kind == ResourceKind::InferenceComponent => {
                        self.sources.push(ResourceReference { role, resource });
                        continue;
                    }
                    _ => "is neither an endpoint nor a component",
                };
                self.gaps.push((NEVER_FILLED.to_owned(), format!("{role}: `{arn}` {problem}")));
            }
        }
        if !routes.is_empty() {
            self.facts.insert(node::ROUTES.into(), Value::Text(routes.join(", ")));
        }
    }

    /// The name of a package is its ARN, or its group and version.
    fn package(&mut self, role: &str, named: String) {
        match Resource::parse_arn(&named) {
            Ok(resource) if resource.kind == ResourceKind::ModelPackage => {
                self.sources.push(ResourceReference { role: role.to_owned(), resource });
            }
            Ok(_) => {}
            Err(_) => self.source_name(role.to_owned(), ResourceKind::ModelPackage, named),
        }
    }
}
