//! The kept importances of a model: facts of the lineage from training on, and metrics of each window.

use std::cell::RefCell;

use futures::executor::block_on;
use sagewarden_events::{ResourceKind, decode};
use sagewarden_govern::ports::{Metrics, WindowMetrics};
use sagewarden_govern::{Ask, KnownBaselines, Moment, Question, World as _, route};
use sagewarden_local::{Stump, model_archive};
use sagewarden_tests::Result;
use sagewarden_tests::local::at;

use crate::{
    CLOSED, MADE, asked, captured, model_of, prepared, stumps, tick, tick_of, train, trained, usual,
};

#[test]
fn two_models_are_compared_by_what_they_rely_on_before_either_has_served_anything() -> Result<()> {
    let local = trained(MADE, &stumps())?;
    let swapped = [
        Stump { feature: 0, threshold: 50.0, leaves: [-0.25, 0.25], rows: [500, 500] },
        Stump { feature: 1, threshold: 50.0, leaves: [-1.0, 1.0], rows: [500, 500] },
    ];
    train(&local, "t2", &model_archive(3, &swapped)?, 300)?;
    local.create(ResourceKind::Model, &model_of("m2", "t2"), 400)?;
    local.settle()?;
    let about = Question { with: Some("model/m2".to_owned()), ask: Ask::Diff, ..Question::about("model/m") };
    let difference = asked(&local, &about)?;
    for expect in [
        "importance\n  training job tree_shap label0 age\n    - 0.2500\n    + 1.0000\n",
        "  training job tree_shap label0 amount\n    - 1.0000\n    + 0.2500\n",
    ] {
        assert!(difference.contains(expect), "{difference}");
    }
    // The window that closes later finds it recorded, and adds nothing to the models.
    captured(&local, usual)?;
    tick(&local, CLOSED)?;
    assert_eq!(asked(&local, &about)?, difference);
    Ok(())
}

#[test]
fn importances_whose_event_was_lost_are_recorded_when_a_window_is_closed() -> Result<()> {
    let local = prepared(MADE)?;
    train(&local, "t", &stumps(), 10)?;
    loop {
        let events = local.system.account.drain_events()?;
        if events.is_empty() {
            break;
        }
        for event in events {
            let key = event["detail"]["object"]["key"].as_str().unwrap_or_default();
            if !key.ends_with("/analysis.json") {
                block_on(local.system.deliver(&event.to_string(), at(70)))?;
            }
        }
    }
    let explained = || -> Result<usize> {
        let items = local.system.store.items()?;
        let is_explanation = |pk: &str, sk: &str| pk.starts_with("tjob#") && sk.starts_with("X#");
        Ok(items.iter().filter(|item| is_explanation(&item.key.pk, &item.key.sk)).count())
    };
    assert_eq!(explained()?, 0);
    local.serve_model("s3://captured/traffic", &model_of("m", "t"))?;
    local.settle()?;
    captured(&local, usual)?;
    tick(&local, CLOSED)?;
    assert_eq!(explained()?, 1);
    Ok(())
}

/// The published notices.
#[derive(Default)]
struct Heard(RefCell<Vec<String>>);

impl Metrics for Heard {
    fn publish(&self, window: &WindowMetrics<'_>) {
        let under: String =
            window.dimensions.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        let names = window.metrics.iter().map(|metric| format!("{} {}{under}", window.schedule, metric.name));
        self.0.borrow_mut().extend(names);
    }
}

#[test]
fn importances_of_a_closed_window_are_published_once_as_clarify_publishes_them() -> Result<()> {
    let local = trained(MADE, &stumps())?;
    captured(&local, usual)?;
    let world = local.system.world().with_metrics(Heard::default());
    let known = KnownBaselines::default();
    for after in [CLOSED, CLOSED + 300] {
        let clock = decode(&tick_of(after))?.pop().ok_or("no tick")?;
        let moment = Moment { now: at(after), owner: "t".to_owned() };
        block_on(route::detect_drift(&world, &known, &clock, &moment)).ok_or("it is not its own")??;
    }
    let heard = world.metrics().0.take();
    let of: Vec<&String> = heard.iter().filter(|each| each.starts_with("sagewarden-model-expl")).collect();
    let expect = ["amount", "age", "debt"].map(|feature| {
        format!(
            "sagewarden-model-explainability feature_{feature} ExplainabilityMethod=TreeShap Label=label0 \
             ValueType=GlobalShapValues"
        )
    });
    assert_eq!(of, expect.iter().collect::<Vec<_>>(), "{heard:#?}");
    assert!(heard.iter().any(|each| each == "sagewarden-data-quality feature_non_null_amount"), "{heard:#?}");
    Ok(())
}
