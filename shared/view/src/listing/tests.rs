use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::listing::{About, FindingItem, Items};
use serde_json::json;

use super::*;

fn listing() -> Listing {
    let resource = Resource::in_region(ResourceKind::TrainingJob, "1", "r", "=<b>a</b>");
    let item = FindingItem {
        control: "TRN-ENC-01".into(),
        severity: "high".into(),
        status: "violation".into(),
        state: "open".into(),
        about: About::of(&resource),
        since: Timestamp::from_millis(0),
        owner: None,
        bundle: "feedfacecafe".into(),
        mode: None,
        would: None,
    };
    Listing {
        list: "findings".into(),
        items: Items::Findings(vec![item]),
        complete: false,
        missing: vec!["there may be more".into()],
        cursor: Some("abc".into()),
        events: None,
        requests: 1,
    }
}

#[test]
fn every_column_names_a_field_of_its_entries() {
    let ListTable { heads, rows } = list_table(&listing());
    assert_eq!(rows.len(), 1);
    assert_eq!(heads.len(), rows[0].len());
    assert_eq!(rows[0][..3], ["high", "TRN-ENC-01", "violation"]);
    assert_eq!(rows[0][5..7], ["=<b>a</b>", "1970-01-01T00:00:00Z"]);
}

#[test]
fn an_incomplete_list_says_so_in_every_format_that_has_a_place_for_it() {
    let listing = listing();
    let text = list_text(&listing);
    assert!(text.ends_with("1 entry, incomplete:\n  there may be more\n  --cursor abc\n"), "{text}");
    assert!(list_page(&listing).contains("incomplete"));
    assert_eq!(json!(listing)["complete"], false);
    let complete = Listing { complete: true, ..listing };
    assert_eq!(closing(&complete), "1 entry, complete\n");
    let counted = Listing { events: Some("events missed in March 2026: 0 of 4".into()), ..complete };
    assert_eq!(closing(&counted), "1 entry, complete\nevents missed in March 2026: 0 of 4\n");
    assert!(list_page(&counted).contains("0 of 4"));
    let read: Listing = serde_json::from_value(json!(counted)).unwrap();
    assert_eq!(read.events, counted.events);
}

#[test]
fn names_of_others_are_neither_markup_nor_formulas() {
    let page = list_page(&listing());
    assert!(page.contains("&lt;b&gt;a&lt;/b&gt;") && !page.contains("<b>a"), "{page}");
    assert!(list_csv(&listing()).contains("'=<b>a</b>"), "{}", list_csv(&listing()));
}
