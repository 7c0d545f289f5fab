//! A digest that distinguishes sets of files.

use sha2::{Digest, Sha256};

/// SHA-256 over named texts, in hexadecimal digits.
pub(crate) fn digest<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut hash = Sha256::new();
    for (name, text) in files {
        // Lengths keep two files from reading like one.
        hash.update(format!("{}\n{}\n", name, text.len()));
        hash.update(text);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
