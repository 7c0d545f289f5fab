//! Made-up data with the columns of the workshop's data set ("default of credit card clients", UCI), and with similar values. Nothing is
//! random: a client has the same row in every run of the story.

use sagewarden_measure::Chance;

/// The number of clients in the first training data.
const KNOWN: u64 = 1_000;
/// From here on, clients differ from the earlier ones.
const SHIFTED: u64 = 1_300;
const ALL: u64 = 2_000;

const LABEL: &str = "default";
const FEATURES: [&str; 23] = [
    "LIMIT_BAL",
    "SEX",
    "EDUCATION",
    "MARRIAGE",
    "AGE",
    "PAY_0",
    "PAY_2",
    "PAY_3",
    "PAY_4",
    "PAY_5",
    "PAY_6",
    "BILL_AMT1",
    "BILL_AMT2",
    "BILL_AMT3",
    "BILL_AMT4",
    "BILL_AMT5",
    "BILL_AMT6",
    "PAY_AMT1",
    "PAY_AMT2",
    "PAY_AMT3",
    "PAY_AMT4",
    "PAY_AMT5",
    "PAY_AMT6",
];

/// A client of the bank.
pub(super) struct Client {
    number: u64,
    limit: u64,
    sex: i64,
    education: i64,
    marriage: i64,
    age: u64,
    /// How many months late each of the last six payments was; -2 if nothing was owed, -1 if all was paid.
    late: [i64; 6],
    bills: [u64; 6],
    paid: [u64; 6],
    defaulted: bool,
}

impl Client {
    fn new(number: u64) -> Self {
        let mut chance = Chance::new(number);
        let limit = 10_000 * (1 + rather_below(&mut chance, 50));
        let late = pick(&mut chance, &LATENESS);
        let months = [(); 5].map(|()| if chance.below(4) == 0 { pick(&mut chance, &LATENESS) } else { late });
        let mut owed = limit * chance.below(80) / 100 + chance.below(1_000);
        let bills = [(); 6].map(|()| {
            owed = owed * (85 + chance.below(25)) / 100;
            owed
        });
        Self {
            number,
            limit,
            sex: pick(&mut chance, &[(1, 40), (2, 60)]),
            education: pick(&mut chance, &[(1, 353), (2, 468), (3, 164), (4, 4), (5, 9), (6, 2)]),
            marriage: pick(&mut chance, &[(1, 455), (2, 532), (3, 13)]),
            age: 21 + rather_below(&mut chance, 40),
            late: match months {
                [a, b, c, d, e] => [late, a, b, c, d, e],
            },
            paid: bills.map(|bill| bill * (2 + chance.below(10)) / 100 + chance.below(1_000)),
            bills,
            defaulted: chance.below(100) < if late >= 2 { 65 } else { 15 },
        }
        .shifted()
    }

    /// The workshop's change that shows drift. In half of the rows, the limit counts thousands; in three quarters, the code of the
    /// education is negated. It looks as if another system had begun to call the endpoint.
    fn shifted(mut self) -> Self {
        if self.number >= SHIFTED {
            if self.number.is_multiple_of(2) {
                self.limit /= 1_000;
            }
            if !self.number.is_multiple_of(4) {
                self.education = -self.education;
            }
        }
        self
    }

    /// The row of features that a caller sends to the endpoint.
    pub(super) fn features(&self) -> String {
        let Self { limit, sex, education, marriage, age, late, bills, paid, .. } = self;
        let mut row = format!("{limit},{sex},{education},{marriage},{age}");
        row.extend(late.iter().map(|months| format!(",{months}")));
        row.extend(bills.iter().chain(paid).map(|amount| format!(",{amount}")));
        row
    }

    /// The model's answer: how likely it is that the client defaults.
    pub(super) fn score(&self) -> String {
        let late = self.late.iter().filter(|months| **months > 0).count() as u64;
        let millionths = 90_000 + 110_000 * late + Chance::new(!self.number).below(50_000);
        format!("0.{millionths:06}")
    }

    /// Whether the client defaulted. Clients of the other system default for reasons that the model does not know.
    pub(super) fn outcome(&self) -> u8 {
        if self.number < SHIFTED {
            return self.label();
        }
        u8::from(Chance::new(self.number.rotate_left(32)).below(100) < 45)
    }

    fn label(&self) -> u8 {
        u8::from(self.defaulted)
    }
}

const LATENESS: [(i64, u64); 6] = [(-2, 9), (-1, 19), (0, 49), (1, 12), (2, 9), (3, 2)];

/// The data that the model is trained on, and the newer data that it is trained on again.
pub(super) struct Clients(Vec<Client>);

impl Clients {
    pub(super) fn known() -> Self {
        Self((0..KNOWN).map(Client::new).collect())
    }

    pub(super) fn newer() -> Self {
        Self((0..ALL).map(Client::new).collect())
    }

    /// The clients of the first calls on the next day.
    pub(super) fn usual() -> Self {
        Self((KNOWN..SHIFTED).map(Client::new).collect())
    }

    /// The clients of the later calls.
    pub(super) fn unusual() -> Self {
        Self((SHIFTED..ALL).map(Client::new).collect())
    }

    /// The clients of a later day: of a hundred, so many come from the other system. Each day has others.
    pub(super) fn of_day(day: u64, shifted: u64) -> Self {
        const CALLS: u64 = 300;
        let number = |call: u64| {
            let is_shifted = call * shifted / 100 != (call + 1) * shifted / 100;
            let (from, among) = if is_shifted { (SHIFTED, ALL - SHIFTED) } else { (KNOWN, SHIFTED - KNOWN) };
            from + (call * 7 + day * 131) % among
        };
        Self((0..CALLS).map(number).map(Client::new).collect())
    }

    /// The raw data, with the label last.
    pub(super) fn table(&self) -> String {
        let row = |client: &Client| format!("{},{}\n", client.features(), client.label());
        format!("{},{LABEL}\n", FEATURES.join(",")) + &self.iter().map(row).collect::<String>()
    }

    /// Four fifths of the data, in the form that `train.py` reads: the label first.
    pub(super) fn training_data(&self) -> String {
        labelled(self.iter().filter(|client| !client.is_for_test()))
    }

    /// The last fifth of the data.
    pub(super) fn test_data(&self) -> String {
        labelled(self.iter().filter(|client| client.is_for_test()))
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Client> {
        self.0.iter()
    }
}

impl Client {
    fn is_for_test(&self) -> bool {
        self.number % 5 == 4
    }
}

fn labelled<'a>(clients: impl Iterator<Item = &'a Client>) -> String {
    let row = |client: &Client| format!("{},{}\n", client.label(), client.features());
    format!("{LABEL},{}\n", FEATURES.join(",")) + &clients.map(row).collect::<String>()
}

/// Small numbers more often than large ones.
fn rather_below(chance: &mut Chance, limit: u64) -> u64 {
    chance.below(limit).min(chance.below(limit))
}

/// One of the values, each as often as its weight demands.
fn pick(chance: &mut Chance, weighted: &[(i64, u64)]) -> i64 {
    let mut left = chance.below(weighted.iter().map(|(_, weight)| weight).sum());
    for (value, weight) in weighted {
        match left.checked_sub(*weight) {
            Some(rest) => left = rest,
            None => return *value,
        }
    }
    0
}
