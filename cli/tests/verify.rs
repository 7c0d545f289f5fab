//! `sagewarden verify` as an auditor uses it.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod run;

use std::fs;
use std::path::PathBuf;

use run::{failure, out, sagewarden};
use sagewarden_lineage::table::{Item, Value as Attribute};
use sagewarden_local::Store;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A demo, and what DynamoDB would export of its table.
struct Table {
    folder: TempDir,
}

impl Table {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let table = Self { folder };
        let output = sagewarden(&["demo", "--out", &table.path("demo")]);
        assert!(output.status.success());
        table
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn store(&self) -> String {
        self.path("demo/sagewarden.db")
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn items(&self) -> Vec<Value> {
        let store = Store::open(&PathBuf::from(self.store())).unwrap();
        store.items().unwrap().iter().map(dynamo).collect()
    }

    fn export(&self) -> String {
        self.items().iter().map(|item| format!("{}\n", json!({ "Item": item }))).collect()
    }

    fn anchor(&self) -> String {
        let path = self.path("anchor.json");
        let output = sagewarden(&["verify", &self.store(), "--anchor", &path]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        path
    }
}

/// An item as DynamoDB writes it.
fn dynamo(Item { key, attributes }: &Item) -> Value {
    let mut item = json!({ "pk": { "S": key.pk }, "sk": { "S": key.sk } });
    for (name, value) in attributes {
        let value = match value {
            Attribute::Text(text) => json!({ "S": text }),
            Attribute::Number(number) => json!({ "N": number.to_string() }),
            Attribute::Set(members) => json!({ "SS": members }),
        };
        item.as_object_mut().unwrap().insert(name.clone(), value);
    }
    item
}

fn document(arguments: &[&str], code: i32) -> Value {
    let output = sagewarden(&[&["verify", "--format", "json"], arguments].concat());
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_store_its_export_in_parts_and_a_scan_come_to_the_same() {
    let table = Table::new();
    let of_store = document(&[&table.store()], 0);
    assert_eq!(
        (&of_store["whole"], &of_store["verdicts"], &of_store["notices"]),
        (&json!(true), &json!(17), &json!(6))
    );
    // The parts of an export hold items in no order.
    let export = table.export();
    let (one, other): (Vec<_>, Vec<_>) =
        export.lines().enumerate().partition(|(number, _)| number.wrapping_mul(7) % 3 == 0);
    let part = |lines: Vec<(usize, &str)>| {
        lines.into_iter().rev().map(|(_, line)| format!("{line}\n")).collect::<String>()
    };
    let parts = [table.write("a.json", part(one)), table.write("b.json", part(other))];
    assert_eq!(document(&[&parts[0], &parts[1]], 0), of_store);
    let scan = json!({ "Items": table.items(), "Count": 1, "ScannedCount": 1, "ConsumedCapacity": null });
    let scan = table.write("scan.json", format!("{scan:#}"));
    assert_eq!(document(&[&scan], 0), of_store);
    let half = document(&[&parts[0]], 1);
    assert_eq!(half["whole"], false, "half an export has gaps");
}

#[test]
fn what_is_gone_since_the_anchor_is_named() {
    let table = Table::new();
    let anchor = table.anchor();
    let digest =
        serde_json::from_str::<Value>(&fs::read_to_string(&anchor).unwrap()).unwrap()["digest"].clone();
    let whole = document(&[&table.store(), "--against", &anchor], 0);
    assert_eq!(whole["against"], json!({ "anchor": digest, "resources": 16, "since": 0 }));

    let is_of_job = |line: &&str| line.contains("tjob#") && line.contains("credit-train-002");
    let judged = |line: &&str| is_of_job(line) && (line.contains("\"VJ#") || line.contains("\"V#"));
    let export = table.export();
    let kept: String = export.lines().filter(|line| !judged(line)).map(|line| format!("{line}\n")).collect();
    assert_ne!(kept, export);
    let kept = table.write("kept.json", kept);
    let found = document(&[&kept, "--against", &anchor], 1);
    let problems: Vec<(&Value, bool)> = found["defects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| (&each["problem"], each["resource"].as_str().unwrap().contains("credit-train-002")))
        .collect();
    assert_eq!(problems, [(&json!("no-verdict"), true), (&json!("missing"), true)]);
    // An anchor of this table would hide next month the verdicts that are missing now.
    let next = table.path("next.json");
    let text = sagewarden(&["verify", &kept, "--against", &anchor, "--anchor", &next]);
    assert!(out(&text).contains("anchor   none was written"), "{}", out(&text));
    assert!(!PathBuf::from(next).exists());
    let text = sagewarden(&["verify", &kept, "--against", &anchor]);
    assert_eq!(text.status.code(), Some(1));
    let text = out(&text);
    assert!(
        text.contains("2 gaps\n") && text.contains("all its verdicts are gone: the anchor has 1"),
        "{text}"
    );
    // A table that was emptied is no table without verdicts.
    let empty = table.write("empty.json", "");
    assert_eq!(document(&[&empty, "--against", &anchor], 1)["defects"].as_array().unwrap().len(), 16);
}

#[test]
fn what_cannot_be_read_is_no_table_without_gaps() {
    let table = Table::new();
    let export = table.export();
    let said = |arguments: &[&str]| {
        let (code, words) = failure(&[&["verify"], arguments].concat());
        assert_eq!(code, Some(2), "{arguments:?}: {words}");
        words
    };
    let text = |name: &str, text: &str| said(&[&table.write(name, text)]);
    assert!(said(&[&table.path("none.db")]).contains("cannot be read"));
    assert!(said(&[&table.path("demo")]).contains("cannot be read"), "a folder");
    assert!(
        text("half.json", export.split_at(export.len() - 40).0)
            .contains("is not a complete export of the lineage table: EOF")
    );
    assert!(text("cut.json", "{\"Items\": [").contains("is not a complete export"));
    assert!(text("other.json", "{\"Records\": []}").contains("it has neither `Item` nor `Items`"));
    assert!(text("list.json", "[1]").contains("lines of `{\"Item\": ...}`"));
    assert!(text("words.json", "hello").contains("is not a complete export"));
    assert!(text("table.json", "{\"Item\": {\"id\": {\"S\": \"a\"}}}").contains("it is another table"));
    assert!(text("pages.json", "{\"Items\": [], \"NextToken\": \"x\"}").contains("the scan was cut"));
    assert!(text("nothing.json", "").contains("it holds no verdict"));
    assert!(text("items.json", "{\"Items\": []}").contains("it holds no verdict"));
    let packed = table.write("packed.json.gz", b"\x1f\x8b\x08\x00\x00");
    assert!(said(&[&packed]).contains("it is compressed (gzip): unpack it first"));
    let foreign = table.write("foreign.db", [b"SQLite format 3\0".as_slice(), &[7; 200]].concat());
    assert!(said(&[&foreign]).contains("is not a Sagewarden store"));
    // A value of a type that the table has not is no verdict.
    let odd = json!({ "Item": { "pk": { "S": "V#p@5" }, "sk": { "S": "V#b" }, "as_of": { "BOOL": true } } });
    let found = document(&[&table.write("odd.json", odd.to_string())], 1);
    assert_eq!(found["defects"].get(0).unwrap()["problem"], "unreadable");
}

#[test]
fn an_anchor_is_never_replaced_and_none_is_read_that_was_changed() {
    let table = Table::new();
    let anchor = table.anchor();
    let before = fs::read_to_string(&anchor).unwrap();
    let (code, words) = failure(&["verify", &table.store(), "--anchor", &anchor]);
    assert!(code == Some(2) && words.contains("never replaces an anchor"), "{words}");
    assert_eq!(fs::read_to_string(&anchor).unwrap(), before);
    let changed = table.write("changed.json", before.replacen("\"judged_at\":1", "\"judged_at\":2", 1));
    let (code, words) = failure(&["verify", &table.store(), "--against", &changed]);
    assert!(code == Some(2) && words.contains("it was changed after it was made"), "{words}");
    let other = table.write("other-form.json", "{\"sagewarden_anchor\": 2, \"heads\": []}");
    let (code, words) = failure(&["verify", &table.store(), "--against", &other]);
    assert!(code == Some(2) && words.contains("of form 2, and this version reads form 1"), "{words}");
    let (code, words) = failure(&["verify", &table.store(), "--against", &table.store()]);
    assert!(code == Some(2) && words.contains("it is not an anchor"), "{words}");
}

#[test]
fn a_store_is_the_same_to_the_last_byte_after_it_was_verified() {
    let table = Table::new();
    let folder = table.folder.path().join("evidence # 100%?");
    fs::create_dir(&folder).unwrap();
    let copy = folder.join("store.db");
    fs::copy(table.store(), &copy).unwrap();
    let before = fs::read(&copy).unwrap();
    assert_eq!(document(&[copy.to_str().unwrap()], 0), document(&[&table.store()], 0));
    assert_eq!(fs::read(&copy).unwrap(), before);
    let beside: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside, ["store.db"]);
}

#[test]
fn an_anchor_that_somebody_made_anew_has_another_digest() {
    let table = Table::new();
    let honest = document(&[&table.store()], 0)["digest"].clone();
    // Without the rows of one resource, and whatever names it, a table is whole, and an anchor of it agrees with itself.
    let export = table.export();
    let is_other = |line: &&str| !line.contains("credit-train-002");
    let kept: String = export.lines().filter(is_other).map(|line| format!("{line}\n")).collect();
    let (kept, forged) = (table.write("kept.json", kept), table.path("forged.json"));
    document(&[&kept, "--anchor", &forged], 0);
    let held = document(&[&kept, "--against", &forged], 0);
    assert_ne!(held["against"]["anchor"], honest, "the digest that was written down shows it");
}
