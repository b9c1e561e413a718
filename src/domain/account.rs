//! AWS account ids.

use super::Reason;
use super::text::text;

/// An AWS account id: twelve digits, as text, never a number (N27).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(String);

text!(AccountId);

impl AccountId {
    /// Takes twelve digits; `1111-2222-3333` is proposed without its dashes.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(text.to_owned()));
        }
        let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
        let why = "an account id is twelve digits, leading zeros included";
        let reason = Reason::not(text, "an account id", why);
        if !digits.is_empty() && digits.len() <= 12 && digits.bytes().all(|b| b.is_ascii_digit()) {
            // A spreadsheet drops leading zeros.
            return Err(reason.suggest(format!("{digits:0>12}")));
        }
        Err(reason.example("111122223333"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn n27_an_account_id_is_twelve_digits_as_text() {
        assert_eq!(AccountId::parse("000000000042").unwrap().as_str(), "000000000042");
        let lost = AccountId::parse("123456789").unwrap_err();
        assert_eq!(lost.suggestion.unwrap().as_str(), "000123456789");
        let long = AccountId::parse("1111222233334").unwrap_err();
        assert_eq!(long.suggestion, None);
        assert!(AccountId::parse("11112222333x").is_err());
        assert!(AccountId::parse("").is_err());
        assert_eq!(AccountId::parse("1111-2222-3333").unwrap_err().suggestion.unwrap().as_str(), "111122223333");
    }
}
