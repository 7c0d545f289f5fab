//! One fault at one call: the call fails before it reaches the port, or after the port has done it, or the process dies there.

use std::cell::RefCell;

use sagewarden_govern::ports::{PortError, PortErrorKind};
use sagewarden_local::{Call, Fate, Guard};

/// What goes wrong at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The service asks to slow down, and does nothing.
    Throttled,
    /// A permission is missing for a moment, as after a deployment.
    Denied,
    /// The service does it, and its answer is lost.
    AnswerLost,
    /// The process dies before the call.
    DiesBefore,
    /// The process dies after the service has done it.
    DiesAfter,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Throttled, Self::Denied, Self::AnswerLost, Self::DiesBefore, Self::DiesAfter];

    /// Whether a call of this method may meet the fault. A fact that may not be read is unknown, which is another verdict: that is
    /// tested where it is judged.
    #[must_use]
    pub fn may_strike(self, method: &str) -> bool {
        let acts = ["Table::", "Bus::", "Remedies::"].iter().any(|port| method.starts_with(port));
        self != Self::Denied || acts
    }

    /// Whether the service does what it was asked for.
    #[must_use]
    pub fn is_after(self) -> bool {
        matches!(self, Self::AnswerLost | Self::DiesAfter)
    }

    fn fate(self, call: Call<'_>) -> Fate {
        let fails = |kind, why| Fate::Fails(PortError::new(kind, call.method, why));
        match self {
            Self::Throttled => fails(PortErrorKind::Throttled, "asked to slow down"),
            Self::Denied => fails(PortErrorKind::Denied, "not authorized"),
            Self::AnswerLost => fails(PortErrorKind::Unavailable, "no answer"),
            Self::DiesBefore | Self::DiesAfter => Fate::Dies,
        }
    }
}

/// Strikes one call, and lets all others through.
#[derive(Debug)]
pub struct OneFault {
    /// Which call, counted from 0, and how.
    strikes: Option<(usize, Fault)>,
    /// The methods that were called.
    calls: RefCell<Vec<&'static str>>,
}

impl OneFault {
    /// No fault at all.
    #[must_use]
    pub fn none() -> Self {
        Self { strikes: None, calls: RefCell::default() }
    }

    /// This fault at the call with this number, from 0.
    #[must_use]
    pub fn at(call: usize, fault: Fault) -> Self {
        Self { strikes: Some((call, fault)), calls: RefCell::default() }
    }

    /// The methods that were called, in their order.
    #[must_use]
    pub fn calls(&self) -> Vec<&'static str> {
        self.calls.borrow().clone()
    }

    fn strikes_now(&self) -> Option<Fault> {
        let now = self.calls.borrow().len();
        // The call has been noted.
        self.strikes.filter(|(call, _)| call + 1 == now).map(|(_, fault)| fault)
    }
}

impl Guard for OneFault {
    fn before(&self, call: Call<'_>) -> Fate {
        self.calls.borrow_mut().push(call.method);
        let fault = self.strikes_now().filter(|fault| !fault.is_after());
        fault.map_or(Fate::Goes, |fault| fault.fate(call))
    }

    fn after(&self, call: Call<'_>) -> Fate {
        let fault = self.strikes_now().filter(|fault| fault.is_after());
        fault.map_or(Fate::Goes, |fault| fault.fate(call))
    }
}
