//! `regression_metrics`: mean absolute and squared errors, and the share of the variance that the model explains.

use super::deviation::{ROUNDS, RoundMetrics, Rounds, each};

/// The sums of a round; no item is kept.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    count: f64,
    absolute: f64,
    squared: f64,
    /// Mean of the true values, and sum of squared distances from it, by Welford's recurrence.
    mean: f64,
    distances: f64,
}

/// All rounds.
#[derive(Clone, Debug, Default)]
pub(super) struct RegressionTally([Sums; ROUNDS]);

impl RegressionTally {
    pub(super) fn add(&mut self, rounds: Rounds, predicted: f64, actual: f64) {
        each(&mut self.0, rounds, |sums| sums.add(predicted, actual));
    }

    pub(super) fn rounds(&self) -> [RoundMetrics; ROUNDS] {
        self.0.map(|sums| sums.values())
    }
}

impl Sums {
    fn add(&mut self, predicted: f64, actual: f64) {
        let error = predicted - actual;
        self.count += 1.0;
        self.absolute += error.abs();
        self.squared += error * error;
        let distance = actual - self.mean;
        self.mean += distance / self.count;
        self.distances += distance * (actual - self.mean);
    }

    fn values(&self) -> RoundMetrics {
        let mse = self.squared / self.count;
        // Values that never vary leave nothing to explain.
        let r2 = if self.distances > 0.0 { 1.0 - self.squared / self.distances } else { f64::NAN };
        vec![("mae", self.absolute / self.count), ("mse", mse), ("rmse", mse.sqrt()), ("r2", r2)]
    }
}
