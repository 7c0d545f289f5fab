//! The answer to a request: a page in one of its forms, or the reason why there is none.

use sagewarden_govern::NoAnswer;
use sagewarden_govern::ports::PortError;
use sagewarden_lineage::id::NodeId;
use sagewarden_view::explorer::{Address, Frame, Page, Trouble, csv, html, json, node_page, resource_page};

/// An answer over HTTP, before it is sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SentPage {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
    /// Another address, where the answer is.
    pub(super) location: Option<String>,
    /// Whether somebody else wrote the page: then browsers run no script of it, and treat it as a site of its own.
    pub(super) is_foreign: bool,
}

/// The form of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Html,
    Json,
    Csv,
}

impl Form {
    /// The form that an address asks for.
    pub(super) fn of(address: &Address) -> Result<Self, Refused> {
        match address.get("format") {
            None | Some("html") => Ok(Self::Html),
            Some("json") => Ok(Self::Json),
            Some("csv") => Ok(Self::Csv),
            Some(other) => {
                Err(Refused::wrong(format!("`{other}` is not a format of a page: ask for html, json or csv")))
            }
        }
    }
}

impl SentPage {
    /// A page in the form that its address asks for.
    pub(super) fn page(page: &dyn Page, frame: &Frame) -> Result<Self, Refused> {
        Ok(Self::shown(page, frame, Form::of(&frame.address)?, 200))
    }

    fn shown(page: &dyn Page, frame: &Frame, form: Form, status: u16) -> Self {
        let (content_type, body) = match form {
            Form::Html => ("text/html; charset=utf-8", html(page, frame)),
            Form::Json => ("application/json", json(page)),
            Form::Csv => ("text/csv; charset=utf-8", csv(page)),
        };
        Self { status, content_type, body, location: None, is_foreign: false }
    }

    /// The page that gives the reason of a refusal.
    pub(super) fn refused(refused: &Refused, frame: &Frame) -> Self {
        let form = Form::of(&frame.address).unwrap_or(Form::Html);
        Self::shown(&refused.trouble, frame, form, refused.status)
    }

    /// Leads to another page.
    pub(super) fn moved(address: &Address) -> Self {
        let location = Some(address.to_string());
        Self { status: 303, content_type: "text/plain", body: String::new(), location, is_foreign: false }
    }
}

/// Why there is no page, and the HTTP status that says whose fault this is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) trouble: Trouble,
}

impl Refused {
    fn of(status: u16, title: &str, reason: String) -> Self {
        Self { status, trouble: Trouble { title: title.to_owned(), reason, near: Vec::new() } }
    }

    /// The store has no such entity.
    pub(super) fn unknown(reason: String) -> Self {
        Self::of(404, "Nothing is recorded here", reason)
    }

    /// The address asks for something that no page can show.
    pub(super) fn wrong(reason: String) -> Self {
        Self::of(400, "This address cannot be answered", reason)
    }

    /// Only reading is possible.
    pub(super) fn not_allowed() -> Self {
        Self::of(405, "Only GET and HEAD", "this server only reads: ask with GET or HEAD".to_owned())
    }

    /// The browser has not shown the token yet.
    pub(super) fn forbidden(reason: &str) -> Self {
        Self::of(403, "Not for everybody", reason.to_owned())
    }

    /// The store does not answer, or something else went wrong here.
    pub(super) fn broken(reason: String) -> Self {
        Self::of(503, "The store cannot be read", reason)
    }

    /// The refusal with similar names, one of which the user may have meant.
    pub(super) fn near(mut self, near: Vec<(Address, String)>) -> Self {
        self.trouble.near = near;
        self
    }
}

impl From<PortError> for Refused {
    fn from(error: PortError) -> Self {
        Self::broken(error.to_string())
    }
}

impl From<NoAnswer> for Refused {
    fn from(refusal: NoAnswer) -> Self {
        let reason = refusal.to_string();
        match refusal {
            NoAnswer::Unknown(_) | NoAnswer::Unaddressable(_) | NoAnswer::OutOfScope(_) => {
                Self::unknown(reason)
            }
            NoAnswer::Ambiguous { entity, candidates } => {
                let several = format!("`{entity}` is the name of {} things", candidates.len());
                let page = |id: String| match NodeId::parse(&id) {
                    Some(node) => (node_page(&node), id),
                    None => (resource_page(&id), id),
                };
                Self::of(300, "Which one?", several).near(candidates.into_iter().map(page).collect())
            }
            NoAnswer::BadField { .. } | NoAnswer::NotReproducible(_) => Self::wrong(reason),
            NoAnswer::Stopped(_) | NoAnswer::Port(_) => Self::broken(reason),
        }
    }
}
