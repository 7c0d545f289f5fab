//! The model in a `model.tar.gz`, or in a file of its own. The archive is read once, from its beginning to its end, and of its members no
//! more is kept than one model.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry};

use crate::error::{BUILT_IN, ModelError, NoModel};
use crate::format::{self, Form};
use crate::limits::{MAX_MODEL, MAX_UNPACKED};
use crate::model::Model;

/// Names of members that are kept for a message.
const NAMES: usize = 100;
/// How gzip begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

impl Model {
    /// Reads a model: an archive as SageMaker keeps it (tar, compressed by gzip), or a bare file, compressed or not. `member` names the
    /// model in an archive that has several.
    ///
    /// # Errors
    /// If there is no model, several members could be it, or it cannot be explained; the error names member, tree and node.
    pub fn read(input: impl Read, member: Option<&str>) -> Result<Self, ModelError> {
        Self::read_within(input, member, MAX_MODEL)
    }

    /// The same for a reader that has less memory: of a model with more than `most` bytes, nothing more is held.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_within(mut input: impl Read, member: Option<&str>, most: u64) -> Result<Self, ModelError> {
        let beginning = beginning(&mut input, GZIP.len()).map_err(ModelError::Input)?;
        let is_packed = beginning == GZIP;
        let input = io::Cursor::new(beginning).chain(input);
        if is_packed {
            unpacked(MultiGzDecoder::new(input), member, MAX_UNPACKED, most)
        } else {
            archive_or_bare(input, member, most)
        }
    }
}

/// No more is unpacked than `all` bytes: a megabyte of gzip can be a gigabyte of nothing.
fn unpacked(input: impl Read, member: Option<&str>, all: u64, most: u64) -> Result<Model, ModelError> {
    let left = Rc::new(Cell::new(all));
    let read = archive_or_bare(Capped { input, left: Rc::clone(&left) }, member, most);
    match read {
        Err(ModelError::Input(_)) if left.get() == 0 => Err(ModelError::Unpacked),
        read => read,
    }
}

/// An input that ends with an error after so many bytes.
struct Capped<Input> {
    input: Input,
    left: Rc<Cell<u64>>,
}

impl<Input: Read> Read for Capped<Input> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(read as u64));
        if self.left.get() == 0 { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(read) }
    }
}

/// The place of tar's magic bytes, and the bytes.
const TAR: (usize, &[u8]) = (257, b"ustar");

fn archive_or_bare(mut input: impl Read, member: Option<&str>, most: u64) -> Result<Model, ModelError> {
    let beginning = beginning(&mut input, TAR.0 + TAR.1.len()).map_err(ModelError::Input)?;
    let is_archive = beginning.get(TAR.0..) == Some(TAR.1);
    let input = io::Cursor::new(beginning).chain(input);
    match member {
        _ if is_archive => archived(input, member, most),
        Some(member) => Err(ModelError::NoArchive(member.to_owned())),
        None => {
            let bytes = whole(input, most).map_err(ModelError::Input)?.map_err(ModelError::Bare)?;
            format::model(&bytes).map_err(ModelError::Bare)
        }
    }
}

fn archived(input: impl Read, wanted: Option<&str>, most: u64) -> Result<Model, ModelError> {
    let found = find(input, wanted, most).map_err(ModelError::Input)?;
    let Found { names, candidates, model } = found;
    match (model, wanted) {
        (Some((member, bytes)), _) if candidates.len() <= 1 || is_built_in(&member) || wanted.is_some() => {
            let model = bytes.and_then(|bytes| format::model(&bytes));
            model.map_err(|source| ModelError::Member { member, source })
        }
        (Some(_), _) => Err(ModelError::Ambiguous(candidates)),
        (None, Some(asked)) => Err(ModelError::NoSuchMember { asked: asked.to_owned(), found: names }),
        (None, None) => Err(ModelError::NoMember(names)),
    }
}

/// The members of an archive.
#[derive(Default)]
struct Found {
    names: Vec<String>,
    /// Members that may be a model, by how they begin.
    candidates: Vec<String>,
    /// The first of them, or the one that has the name.
    model: Option<(String, Result<Vec<u8>, NoModel>)>,
}

/// Goes through the members. Extensions of tar are members like others here: long names and attributes would be held in memory, however
/// long they are.
fn find(input: impl Read, wanted: Option<&str>, most: u64) -> io::Result<Found> {
    let mut archive = Archive::new(input);
    let mut found = Found::default();
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = name(&entry);
        if found.names.len() < NAMES {
            found.names.push(name.clone());
        }
        let is_it = wanted.map_or_else(|| is_built_in(&name), |wanted| wanted == name);
        let beginning = beginning(&mut entry, Form::BYTES)?;
        let may_be = wanted.is_none() && Form::of(&beginning).is_some();
        if may_be && found.candidates.len() < NAMES {
            found.candidates.push(name.clone());
        }
        if is_it || may_be && found.model.is_none() {
            found.model = Some((name, whole(io::Cursor::new(beginning).chain(entry), most)?));
        }
        if is_it {
            break;
        }
    }
    Ok(found)
}

fn name(entry: &Entry<'_, impl Read>) -> String {
    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    name.strip_prefix("./").map_or(name.clone(), str::to_owned)
}

fn is_built_in(name: &str) -> bool {
    name.rsplit('/').next() == Some(BUILT_IN)
}

/// The first bytes of an input, however few it gives at a time.
fn beginning(input: &mut impl Read, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(count);
    input.take(count as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn whole(input: impl Read, most: u64) -> io::Result<Result<Vec<u8>, NoModel>> {
    let mut bytes = Vec::new();
    input.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(if bytes.len() as u64 > most { Err(NoModel::TooLarge(most)) } else { Ok(bytes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive with one large member that is not a model.
    fn archive(bytes: u64) -> impl Read {
        let mut header = tar::Header::new_ustar();
        header.set_path("zeros").unwrap();
        header.set_size(bytes);
        header.set_cksum();
        io::Cursor::new(header.as_bytes().to_vec())
            .chain(io::repeat(0).take(bytes.next_multiple_of(512) + 1024))
    }

    #[test]
    fn no_more_is_unpacked_than_may_be() {
        let read = |most| unpacked(archive(1 << 20), None, most, MAX_MODEL).unwrap_err();
        assert!(matches!(read(1 << 20), ModelError::Unpacked));
        let ModelError::NoMember(names) = read(2 << 20) else { panic!("it is read to its end") };
        assert_eq!(names, ["zeros"]);
    }

    #[test]
    fn a_model_that_is_too_large_is_not_held() {
        let whole = whole(io::repeat(0), 3 << 20).unwrap();
        assert_eq!(whole.unwrap_err().to_string(), "it is larger than 3 MB");
    }
}
