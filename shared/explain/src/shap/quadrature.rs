//! Integrals of polynomials over 0 to 1, exact: the rules of Gauss and Legendre.

use std::f64::consts::PI;

/// Points at which a polynomial is evaluated, and their weights.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    points: Vec<(f64, f64)>,
}

impl Rule {
    /// The rule that is exact for polynomials of a degree below twice `count`.
    pub(crate) fn new(count: usize) -> Self {
        let points = (0..count).map(|place| {
            let mut x = (PI * (place as f64 + 0.75) / (count as f64 + 0.5)).cos();
            // Newton's method doubles the digits each time, from a beginning that has two.
            for _ in 0..8 {
                let (value, slope) = legendre(count, x);
                x -= value / slope;
            }
            let (_, slope) = legendre(count, x);
            (0.5 * (1.0 + x), 1.0 / ((1.0 - x * x) * slope * slope))
        });
        Self { points: points.collect() }
    }

    /// Points and weights.
    pub(crate) fn points(&self) -> &[(f64, f64)] {
        &self.points
    }
}

/// The polynomial of Legendre at a place between -1 and 1, and its slope.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (0.0, 1.0);
    for step in 1..=degree {
        let n = step as f64;
        (before, value) = (value, ((2.0 * n - 1.0) * x * value - (n - 1.0) * before) / n);
    }
    (value, degree as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_integrated_exactly_up_to_the_degree_of_the_rule() {
        for count in 1..=32 {
            let rule = Rule::new(count);
            for power in 0..2 * count {
                let integral: f64 =
                    rule.points().iter().map(|(point, weight)| weight * point.powi(power as i32)).sum();
                let expect = 1.0 / (power as f64 + 1.0);
                assert!((integral - expect).abs() < 1e-13, "{count} points, power {power}: {integral}");
            }
        }
    }
}
