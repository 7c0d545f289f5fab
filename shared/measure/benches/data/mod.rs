//! Captured traffic of a made-up endpoint, the same in every run: 20 features (12 floats, 5 integers, 3 texts of few values) and
//! one output, about 470 bytes an event.

use std::fmt::Write as _;

use sagewarden_measure::Chance;

/// Makes events one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    chance: Chance,
    made: u64,
    shift: f64,
}

const CITIES: [&str; 5] = ["Berlin", "Lagos", "Lima", "Osaka", "Pune"];
const PLANS: [&str; 3] = ["basic", "gold", "silver"];
const CHANNELS: [&str; 4] = ["app", "phone", "shop", "web"];

impl Traffic {
    /// Traffic in which every third float has moved by about `shift` standard deviations.
    pub(crate) fn new(seed: u64, shift: f64) -> Self {
        Self { chance: Chance::new(seed), made: 0, shift }
    }

    /// From 0 to 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.chance.uniform()
    }

    /// From 0 to 12, most of them near 6.
    fn bell(&mut self) -> f64 {
        (0..4).map(|_| self.uniform() * 3.0).sum()
    }

    fn choice<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        let place = self.chance.next() as usize % texts.len();
        texts.get(place).copied().unwrap_or_default()
    }

    /// Appends the features of a row, as CSV.
    pub(crate) fn features(&mut self, row: &mut String) {
        for feature in 0..12 {
            let shift = if feature % 3 == 0 { self.shift } else { 0.0 };
            let value = (self.bell() + shift) * [1.0, 10.0, 0.1][feature % 3];
            let _ = write!(row, "{value:.4},");
        }
        for largest in [2, 10, 100, 1000, 100_000] {
            let _ = write!(row, "{},", self.chance.next() % largest);
        }
        let (city, plan, channel) = (self.choice(&CITIES), self.choice(&PLANS), self.choice(&CHANNELS));
        let _ = write!(row, "{city},{plan},{channel}");
    }

    /// Appends an event and a line end.
    pub(crate) fn event(&mut self, file: &mut String) {
        file.push_str(
            r#"{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":""#,
        );
        self.features(file);
        file.push_str(r#"","encoding":"CSV"},"endpointOutput":{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":""#);
        let (output, high, low) = (self.uniform(), self.chance.next(), self.chance.next());
        let second = self.made % 3600;
        let _ = writeln!(
            file,
            r#"{output}\n","encoding":"CSV"}}}},"eventMetadata":{{"eventId":"{:08x}-{:04x}-{:04x}-{:04x}-{:012x}","inferenceTime":"2026-03-03T10:{:02}:{:02}Z"}},"eventVersion":"0"}}"#,
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff,
            second / 60,
            second % 60,
        );
        self.made += 1;
    }
}
