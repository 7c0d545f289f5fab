//! A suggestion to train again, for a pipeline to react to. An event of its own: alerts are for people, and come more often than
//! a model can be trained.

use sagewarden_lineage::id::NodeId;
use sagewarden_monitor::Severity;
use sagewarden_settings::Retraining;
use serde_json::json;

use super::cause::{Scope, period};
use super::compose::names;
use super::violations::{Found, Observed};
use super::{AlertDrift, RETRAINING_SUGGESTED};
use crate::notify::{Moment, Receipt};
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::Notice;
use crate::record::closure::current_deployment;
use crate::world::World;

/// Subjects that the event names.
const MAX_DRIFTED: usize = 100;

impl<W: World> AlertDrift<'_, W> {
    /// Suggests to train again where it is bad enough and has not been suggested in this period. How bad is told by check and excess
    /// alone: whether something leaves must not depend on what else is known by now.
    pub(super) async fn suggest_retraining(
        &self,
        observed: &Observed<'_>,
        found: &Found,
        worst: Severity,
        deployment: Option<&NodeId>,
        moment: &Moment,
    ) -> Outcome {
        if !is_bad_enough(worst, self.settings().suggest_retraining_from) {
            return Ok(Done::Nothing("it is not bad enough to train again".to_owned()));
        }
        let table = self.world.table();
        let endpoint = NodeId::endpoint(observed.endpoint());
        let cooldown = self.settings().retraining_cooldown_hours;
        let (node, began) = (observed.node(), observed.began());
        let scope = Scope::of("retrain", &endpoint, &node, began, cooldown);
        let cause = scope.partition.trim_start_matches("E#");
        let Some(receipt) = Receipt::claim(table, moment, cause).await? else {
            return Ok(Done::Nothing("to train again was suggested before".to_owned()));
        };
        let notice = match self.suggestion(observed, found, deployment).await {
            Ok(notice) => notice,
            Err(failure) => {
                receipt.give_back(table).await?;
                return Err(failure);
            }
        };
        receipt.publish(table, self.world.bus(), scope.until, &notice).await?;
        Ok(Done::Acted(format!("suggested to train {} again", observed.endpoint())))
    }

    async fn suggestion(
        &self,
        observed: &Observed<'_>,
        found: &Found,
        deployment: Option<&NodeId>,
    ) -> Result<Notice, Failure> {
        let endpoint = observed.endpoint();
        let behind = self.behind(endpoint, deployment, observed.began()).await?;
        let current = current_deployment(self.world.table(), &NodeId::endpoint(endpoint)).await?;
        let mut drifted: Vec<String> = found.violations.iter().map(|each| each.subject()).collect();
        drifted.sort();
        drifted.dedup();
        drifted.truncate(MAX_DRIFTED);
        let cooldown = self.settings().retraining_cooldown_hours;
        let until = period(observed.began(), cooldown).map(|(_, until)| until);
        let still_in_force = deployment.is_some() && current.as_ref() == deployment;
        let detail = json!({
            "text": format!("train the model of endpoint {} again{}", endpoint.name, names(&behind.chain)),
            "about": endpoint.arn(),
            "advice": format!("start the pipeline that trains it, on data that holds what {} shows", found.report),
            "severity": behind.severity_of(found),
            "endpoint": { "name": endpoint.name, "arn": endpoint.arn() },
            "finding": observed.node().to_string(),
            "report": found.report,
            "drifted": drifted,
            "deployment": deployment.map(ToString::to_string),
            "still_in_force": still_in_force,
            "models": behind.chain.models,
            "training_jobs": behind.chain.training_jobs,
            "commits": behind.chain.commits,
            "data": behind.chain.data,
            "no_other_before": until,
        });
        Ok(Notice { detail_type: RETRAINING_SUGGESTED, resources: vec![endpoint.arn()], detail })
    }
}

fn is_bad_enough(worst: Severity, from: Retraining) -> bool {
    match from {
        Retraining::Medium => true,
        Retraining::High => worst >= Severity::High,
        Retraining::Critical => worst >= Severity::Critical,
        Retraining::Never => false,
    }
}
