//! Who manages a KMS key.

/// Who manages a key ("KeyMetadata", KMS API reference).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyManager {
    /// AWS: its policy cannot be changed.
    Aws,
    /// The account that it is in.
    Customer,
}

impl KeyManager {
    /// The word that KMS has for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Customer => "CUSTOMER",
        }
    }

    /// Reads the word that KMS has for it.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Aws, Self::Customer].into_iter().find(|manager| manager.word() == word)
    }
}
