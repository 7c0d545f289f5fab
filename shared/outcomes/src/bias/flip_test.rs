//! The flip test: how would the model have answered for the rows of a group, if they had been like their nearest neighbours outside the
//! group?

/// Rows that are held at most: every row of the group is compared with every other.
pub const MOST_ROWS: usize = 20_000;

/// Neighbours that are asked; of so few rows that this would be half of them, one.
const NEIGHBOURS: usize = 5;
const FEW_ROWS: usize = 9;

/// The features of all rows, and the model's answers.
#[derive(Clone, Debug, Default)]
pub(super) struct FlipTest {
    inside: Vec<(Vec<f64>, bool)>,
    outside: Vec<(Vec<f64>, bool)>,
    unusable: Option<Unusable>,
}

/// Why there is no flip test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unusable {
    NoNumber,
    TooManyRows,
    NotAsked,
}

impl FlipTest {
    /// None: the rows do not have all features.
    pub(super) fn not_asked() -> Self {
        Self { unusable: Some(Unusable::NotAsked), ..Self::default() }
    }

    /// Takes a row; `features` is none if one of them is not a number.
    pub(super) fn add(&mut self, is_inside: bool, features: Option<Vec<f64>>, predicted: bool) {
        if self.unusable.is_some() {
            return;
        }
        let why = match features {
            None => Unusable::NoNumber,
            Some(_) if self.inside.len() + self.outside.len() >= MOST_ROWS => Unusable::TooManyRows,
            Some(features) => {
                let side = if is_inside { &mut self.inside } else { &mut self.outside };
                side.push((features, predicted));
                return;
            }
        };
        *self = Self { unusable: Some(why), ..Self::default() };
    }

    /// Flips for the better less flips for the worse, as a share of the group: negative where its rows would have fared better outside.
    pub(super) fn value(&self) -> Result<f64, &'static str> {
        match self.unusable {
            Some(Unusable::NoNumber) => return Err("a feature has values that are not numbers"),
            Some(Unusable::TooManyRows) => return Err("there are more than 20000 rows"),
            Some(Unusable::NotAsked) => return Err("it needs all features of a row"),
            None => {}
        }
        if self.inside.is_empty() || self.outside.is_empty() {
            return Err("all rows with a prediction are on one side");
        }
        let mut flips = 0_i64;
        for (features, predicted) in &self.inside {
            flips += i64::from(*predicted) - i64::from(self.as_outside(features));
        }
        Ok(flips as f64 / self.inside.len() as f64)
    }

    /// The model's answer for most of the nearest rows outside; among equally near ones, the first counts.
    fn as_outside(&self, features: &[f64]) -> bool {
        let neighbours = if self.outside.len() > FEW_ROWS { NEIGHBOURS } else { 1 };
        let mut nearest: Vec<(f64, bool)> = Vec::with_capacity(neighbours + 1);
        for (other, predicted) in &self.outside {
            let distance: f64 = features.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum();
            if nearest.len() == neighbours && nearest.last().is_some_and(|(last, _)| distance >= *last) {
                continue;
            }
            let place = nearest.partition_point(|(before, _)| *before <= distance);
            nearest.insert(place, (distance, *predicted));
            nearest.truncate(neighbours);
        }
        let favourable = nearest.iter().filter(|(_, predicted)| *predicted).count();
        favourable * 2 > nearest.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outside the group, people with more than 5 are accepted; inside, nobody is.
    fn test(rows: u32) -> FlipTest {
        let mut test = FlipTest::default();
        for value in 0..rows {
            let value = f64::from(value);
            test.add(false, Some(vec![value]), value > 5.0);
            test.add(true, Some(vec![value]), false);
        }
        test
    }

    #[test]
    fn rows_that_would_have_fared_better_outside_count_against_the_model() {
        assert_eq!(test(12).value(), Ok(-6.0 / 12.0));
        // One neighbour only: the row itself, as it were.
        assert_eq!(test(9).value(), Ok(-3.0 / 9.0));
    }

    #[test]
    fn what_cannot_be_tested_says_why() {
        let mut texts = test(12);
        texts.add(true, None, true);
        texts.add(true, Some(vec![1.0]), true);
        assert_eq!(texts.value(), Err("a feature has values that are not numbers"));
        assert_eq!(FlipTest::default().value(), Err("all rows with a prediction are on one side"));
        let mut many = FlipTest::default();
        for _ in 0..=MOST_ROWS {
            many.add(true, Some(vec![1.0]), true);
        }
        assert_eq!(many.value(), Err("there are more than 20000 rows"));
        assert!(many.inside.is_empty());
    }
}
