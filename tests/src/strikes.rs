//! Faults at chosen calls: a call fails before it reaches the port, or after the port has done it, or the process dies there.

use std::cell::RefCell;

use sagewarden_govern::ports::{PortError, PortErrorKind};
use sagewarden_local::{Call, Fate, Guard};

/// The fault of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The service asks to slow down, and does nothing.
    Throttled,
    /// A permission is missing for a moment, as after a deployment.
    Denied,
    /// The service refuses until somebody corrects that, and sends the record again from the quarantine.
    Refused,
    /// The time is over before the service does anything.
    TimedOut,
    /// The service does it, and the time is over before its answer comes.
    AnswerLost,
    /// The process dies before the call.
    DiesBefore,
    /// The process dies after the service has done it.
    DiesAfter,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Throttled,
        Self::Denied,
        Self::Refused,
        Self::TimedOut,
        Self::AnswerLost,
        Self::DiesBefore,
        Self::DiesAfter,
    ];

    /// The end of a record that such a fault refused: its reason has these words.
    pub const REFUSAL: &str = "refused until somebody mends it";
    /// The words of a permission that is missing.
    pub const DENIAL: &str = "not authorized";

    /// Whether a call of this method may meet the fault. If a fact may not be read, it is unknown, which leads to another verdict: the
    /// tests of verdicts cover that. By design, a remedy that is refused for good is not tried again: `remedies.rs` covers that. A read has
    /// no effect, so a lost answer is the same as a call that was never made.
    #[must_use]
    pub fn may_strike(self, method: &str) -> bool {
        let starts = |starts: &[&str]| starts.iter().any(|start| method.starts_with(start));
        let is_own = starts(&["Table::", "Bus::"]);
        let is_remedy = method.starts_with("Remedies::") && method != "Remedies::model_use";
        let writes = starts(&["Files::write", "Objects::keep", "SourceControl::post", "Account::annotate"]);
        let acts = writes || is_remedy || (is_own && method != "Table::get" && method != "Table::query");
        match self {
            Self::Throttled | Self::TimedOut | Self::DiesBefore => true,
            Self::AnswerLost | Self::DiesAfter => acts,
            Self::Denied => is_own || writes || method.starts_with("Remedies::"),
            Self::Refused => is_own || writes,
        }
    }

    /// Whether the service does the work.
    #[must_use]
    pub fn is_after(self) -> bool {
        matches!(self, Self::AnswerLost | Self::DiesAfter)
    }

    /// Whether it is an error, and the service has done nothing.
    #[must_use]
    pub fn leaves_nothing_done(self) -> bool {
        matches!(self, Self::Throttled | Self::Denied | Self::Refused | Self::TimedOut)
    }

    fn fate(self, call: Call<'_>) -> Fate {
        let fails = |kind, why| Fate::Fails(PortError::new(kind, call.method, why));
        match self {
            Self::Throttled => fails(PortErrorKind::Throttled, "asked to slow down"),
            Self::Denied => fails(PortErrorKind::Denied, Self::DENIAL),
            Self::Refused => fails(PortErrorKind::Invalid, Self::REFUSAL),
            Self::TimedOut | Self::AnswerLost => fails(PortErrorKind::Unavailable, "no answer"),
            Self::DiesBefore | Self::DiesAfter => Fate::Dies,
        }
    }
}

/// A fault at the call with this number, from 0.
pub type Strike = (usize, Fault);

/// Strikes some calls, and lets all others through.
#[derive(Debug)]
pub struct Strikes {
    planned: Vec<Strike>,
    /// The methods that were called.
    calls: RefCell<Vec<&'static str>>,
    /// The faults that happened.
    struck: RefCell<Vec<(&'static str, Fault)>>,
}

impl Strikes {
    /// These faults, each at its call where the method may meet it.
    #[must_use]
    pub fn new(planned: &[Strike]) -> Self {
        Self { planned: planned.to_vec(), calls: RefCell::default(), struck: RefCell::default() }
    }

    /// The methods that were called, in their order.
    #[must_use]
    pub fn calls(&self) -> Vec<&'static str> {
        self.calls.borrow().clone()
    }

    /// The methods that were struck, and how.
    #[must_use]
    pub fn struck(&self) -> Vec<(&'static str, Fault)> {
        self.struck.borrow().clone()
    }

    /// Decides about the newest call, which has been noted.
    fn fate(&self, call: Call<'_>, is_after: bool) -> Fate {
        let now = self.calls.borrow().len();
        let strikes = |(at, fault): &&Strike| at + 1 == now && fault.is_after() == is_after;
        let Some((_, fault)) = self.planned.iter().find(strikes) else { return Fate::Goes };
        if !fault.may_strike(call.method) {
            return Fate::Goes;
        }
        self.struck.borrow_mut().push((call.method, *fault));
        fault.fate(call)
    }
}

impl Guard for Strikes {
    fn before(&self, call: Call<'_>) -> Fate {
        self.calls.borrow_mut().push(call.method);
        self.fate(call, false)
    }

    fn after(&self, call: Call<'_>) -> Fate {
        self.fate(call, true)
    }
}
