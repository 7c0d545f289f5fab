//! The pages as files of a folder: every page that another leads to, with relative links.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::Path;

use sagewarden_view::explorer::Address;
use sha2::{Digest, Sha256};

use crate::error::CommandError;
use crate::output;
use crate::serve::explorer::Explorer;
use crate::serve::pages;

/// The most pages that are written: a folder of a million files is of no use.
const PAGES: usize = 20_000;
/// The file that shows that a folder holds a site.
const MARK: &str = ".sagewarden-site";
/// The start of a link to another page. In text and in values, quotes are escaped: no name looks like one.
const LINK: &str = "href=\"/";

/// Writes the pages; answers how many.
///
/// A folder with other files is refused: the pages would take their places.
pub(super) fn write(explorer: &Explorer, folder: &Path) -> Result<usize, CommandError> {
    if output::is_of_others(folder, MARK) {
        return Err(CommandError::OccupiedSite(folder.to_owned()));
    }
    fs::create_dir_all(folder).map_err(CommandError::unwritable(folder))?;
    let mark = folder.join(MARK);
    fs::write(&mark, "").map_err(CommandError::unwritable(&mark))?;
    let mut site = Site { files: BTreeMap::new(), open: VecDeque::new() };
    site.file("/");
    let mut written = 0;
    while let Some((target, file)) = site.open.pop_front() {
        let answered = pages::answer(explorer, &target);
        let depth = file.matches('/').count();
        let text = site.rewritten(&answered.body, depth);
        let path = folder.join(&file);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(CommandError::unwritable(parent))?;
        fs::write(&path, text).map_err(CommandError::unwritable(&path))?;
        written += 1;
    }
    Ok(written)
}

/// The file of each page, and the pages that are still to be written.
struct Site {
    files: BTreeMap<String, String>,
    open: VecDeque<(String, String)>,
}

impl Site {
    /// The file of a page, which will be written.
    fn file(&mut self, target: &str) -> Option<String> {
        if let Some(known) = self.files.get(target) {
            return Some(known.clone());
        }
        if self.files.len() >= PAGES {
            return None;
        }
        let file = name(target);
        self.files.insert(target.to_owned(), file.clone());
        self.open.push_back((target.to_owned(), file.clone()));
        Some(file)
    }

    /// The page with links to files beside it.
    fn rewritten(&mut self, page: &str, depth: usize) -> String {
        let up = "../".repeat(depth);
        let mut text = String::with_capacity(page.len());
        let mut parts = page.split(LINK);
        text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (link, rest) = part.split_once('"').unwrap_or((part, ""));
            let link = format!("/{}", link.replace("&amp;", "&"));
            let (target, fragment) =
                link.split_once('#').map_or((link.as_str(), String::new()), |(target, fragment)| {
                    (target, format!("#{fragment}"))
                });
            match self.file(target) {
                Some(file) => text.push_str(&format!("href=\"{up}{file}{fragment}\"{rest}")),
                None => text.push_str(&format!("aria-disabled=\"true\"{rest}")),
            }
        }
        text
    }
}

/// The file of a page: its path, without characters that file systems do not allow, and a digest that tells such paths apart.
fn name(target: &str) -> String {
    let address = Address::parse(target).unwrap_or_default();
    let path = address.path();
    let Some(first) = path.first() else { return "index.html".to_owned() };
    if path.len() == 1 && address.query().next().is_none() {
        return format!("{}.html", plain(first));
    }
    let last = path.last().copied().unwrap_or_default();
    let digest: String = Sha256::digest(target).iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    format!("{}/{}-{digest}.html", plain(first), plain(last))
}

/// Letters that every file system has.
fn plain(text: &str) -> String {
    let kept =
        text.chars().map(|letter| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' });
    kept.take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_files_of_the_folder_and_names_stay_apart() {
        let mut site = Site { files: BTreeMap::new(), open: VecDeque::new() };
        let page = "<a href=\"/controls#X\">x</a> href=&quot;/no <a href=\"/model/a%2Fb?x=1&amp;y=2\">y</a> <a href=\"https://x/\">z</a>";
        let text = site.rewritten(page, 1);
        assert!(text.contains("<a href=\"../controls.html#X\">"), "{text}");
        assert!(text.contains("href=&quot;/no") && text.contains("https://x/"), "{text}");
        let names: Vec<&String> = site.files.values().collect();
        assert_eq!(names.len(), 2);
        assert!(names.iter().all(|name| !name.contains("..") && !name.starts_with('/')), "{names:?}");
        assert_ne!(name("/model/a%2Fb"), name("/model/a_b"));
        assert_eq!(name("/"), "index.html");
    }
}
