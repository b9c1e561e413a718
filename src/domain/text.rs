//! What all names have in common: the newtype's boilerplate, and the checks of single characters.

/// A word for a POSIX shell: as it is, or in single quotes.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Gives a newtype over `String` with `parse` its `as_str`, `Display`, `FromStr`, `TryFrom` and serde.
macro_rules! text {
    ($name:ident) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// A name of our own that is known to be good; tests hold it to `parse`.
            #[allow(dead_code)]
            pub(crate) fn known(text: &'static str) -> Self {
                Self(text.to_owned())
            }
        }
        $crate::domain::text::display!($name);
    };
}

/// The same for a type that has its own `as_str`.
macro_rules! display {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
        $crate::domain::text::parsed!($name);
    };
}

/// `FromStr`, `TryFrom` and serde for a type that has `parse` and `Display`.
macro_rules! parsed {
    ($name:ident) => {
        impl std::str::FromStr for $name {
            type Err = $crate::domain::Reason;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl TryFrom<&str> for $name {
            type Error = $crate::domain::Reason;
            fn try_from(text: &str) -> Result<Self, Self::Error> {
                Self::parse(text)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(from)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use {display, parsed, text};

use super::Reason;

/// Whether `c` is an ASCII lower-case letter or digit.
pub fn lower_or_digit(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

/// A DNS-1123 label: 1 to `max` of `a-z`, `0-9`, `-`, first and last a letter or digit.
pub fn is_label(text: &str, max: usize) -> bool {
    !text.is_empty()
        && text.len() <= max
        && text.chars().all(|c| lower_or_digit(c) || c == '-')
        && text.starts_with(lower_or_digit)
        && text.ends_with(lower_or_digit)
}

/// The nearest text that `rule` takes: lower case, `-` for what is not allowed, ends trimmed, cut.
pub fn label_like(text: &str, max: usize) -> String {
    let mut out = String::new();
    for c in text.trim().to_lowercase().chars() {
        let c = if lower_or_digit(c) { c } else { '-' };
        if out.len() < max && !(c == '-' && out.ends_with('-')) {
            out.push(c);
        }
    }
    out.trim_matches('-').to_owned()
}

/// Adds `suggestion` to `reason` unless it is empty.
pub fn propose(reason: Reason, suggestion: &str) -> Reason {
    if suggestion.is_empty() { reason } else { reason.suggest(suggestion) }
}

/// The first character that `allowed` refuses, as a sentence part: `U+00FC (ü)`, made visible.
pub fn offender(text: &str, allowed: impl Fn(char) -> bool) -> Option<String> {
    text.chars().find(|c| !allowed(*c)).map(|c| match c {
        ' ' => "a space".to_owned(),
        c if c.is_ascii_graphic() => format!("`{c}`"),
        c => format!("the character U+{:04X}", u32::from(c)),
    })
}

/// The first 8 hex digits of the text's SHA-256.
pub fn hash8(text: &str) -> String {
    use sha2::Digest;
    let mut hex = hex::encode(sha2::Sha256::digest(text.as_bytes()));
    hex.truncate(8);
    hex
}

/// The first `count` characters.
pub fn first(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

/// The nearest of `known` to `text`, when it is near enough to be a slip.
pub fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let text = text.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&text, &name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
