//! References to KMS keys, in all forms that KMS takes.

use super::text::{display, offender, text};
use super::{AccountId, Partition, Reason, Region};

/// The alias of a key, `alias/backups`: `alias/` and `[a-zA-Z0-9/_-]`, 256 at most (N24).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyAlias(String);

text!(KeyAlias);

impl KeyAlias {
    /// Takes an alias that may be made: `alias/aws/...` is AWS's own and refused.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let alias = Self::any(text)?;
        if alias.is_aws_managed() {
            return Err(Reason::not(text, "an alias of ours", "alias/aws/ is reserved for AWS's own keys"));
        }
        Ok(alias)
    }

    /// The contract's default for a new key, `alias/lifeboat-BUCKET`; dots of the bucket become `-`.
    pub fn default_for(bucket: &super::BucketName) -> Self {
        Self(format!("alias/lifeboat-{}", bucket.as_str().replace('.', "-")))
    }

    /// Whether it names a key of AWS's own, whose policy cannot be changed and which works in the same
    /// account only (N22).
    pub fn is_aws_managed(&self) -> bool {
        self.0.starts_with("alias/aws/")
    }

    /// Without `alias/`, as in the names of documents.
    pub fn bare(&self) -> &str {
        self.0.strip_prefix("alias/").unwrap_or(&self.0)
    }

    /// An alias, AWS's own included.
    fn any(text: &str) -> Result<Self, Reason> {
        let not = |why: &str| Reason::not(text, "a key alias", why);
        let Some(name) = text.strip_prefix("alias/") else {
            let reason = not("it starts with alias/");
            let near = format!("alias/{text}");
            return Err(if Self::any(&near).is_ok() { reason.suggest(near) } else { reason.example("alias/backups") });
        };
        if let Some(found) = offender(name, |c| c.is_ascii_alphanumeric() || "/_-".contains(c)) {
            return Err(not(&format!("it holds {found}; letters, digits, / _ and - are allowed")));
        }
        if name.is_empty() || text.len() > 256 {
            return Err(not("it has 1 to 256 characters, alias/ included").example("alias/backups"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The form of a key reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyForm {
    /// `new`: a key to be made.
    New,
    /// A key's id, `mrk-` ones included.
    Id,
    /// A key's ARN.
    Arn,
    /// An alias.
    Alias,
    /// An alias' ARN.
    AliasArn,
}

/// A key as the user names it (N21). Only a key ARN may stand in a policy: the others are resolved with
/// kms:DescribeKey first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KmsKeyRef {
    text: String,
    form: KeyForm,
}

display!(KmsKeyRef);

impl KmsKeyRef {
    /// Takes an id, an `mrk-` id, a key ARN, an alias, an alias ARN, or `new`.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let text = text.trim();
        let form = if text == "new" {
            KeyForm::New
        } else if is_id(text) {
            KeyForm::Id
        } else if text.starts_with("alias/") {
            KeyAlias::any(text)?;
            KeyForm::Alias
        } else if text.starts_with("arn:") {
            arn_form(text)?
        } else {
            let why = "it is an id, an mrk- id, a key ARN, an alias, an alias ARN, or new";
            let reason = Reason::not(text, "a KMS key", why);
            let near = format!("alias/{text}");
            let plausible = !text.is_empty() && KeyAlias::any(&near).is_ok();
            return Err(if plausible { reason.suggest(near) } else { reason.example("alias/backups") });
        };
        Ok(Self { text: text.to_owned(), form })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its form.
    pub fn form(&self) -> KeyForm {
        self.form
    }

    /// Whether a key is to be made.
    pub fn is_new(&self) -> bool {
        self.form == KeyForm::New
    }

    /// Whether it names a key of AWS's own by its alias: same account only, no policy can name it
    /// usefully (N22).
    pub fn is_aws_managed(&self) -> bool {
        match self.form {
            KeyForm::Alias => self.text.starts_with("alias/aws/"),
            KeyForm::AliasArn => self.text.contains(":alias/aws/"),
            _ => false,
        }
    }

    /// The region that an ARN names (N23).
    pub fn region(&self) -> Option<Region> {
        self.part(3).and_then(|text| Region::parse(text).ok())
    }

    /// The partition that an ARN names (N23).
    pub fn partition(&self) -> Option<Partition> {
        self.part(1).and_then(|text| Partition::parse(text).ok())
    }

    /// The account that an ARN names (N23).
    pub fn account(&self) -> Option<AccountId> {
        self.part(4).and_then(|text| AccountId::parse(text).ok())
    }

    fn part(&self, index: usize) -> Option<&str> {
        matches!(self.form, KeyForm::Arn | KeyForm::AliasArn).then(|| self.text.split(':').nth(index)).flatten()
    }
}

/// A UUID, or `mrk-` and 32 hex digits.
fn is_id(text: &str) -> bool {
    let hex = |part: &str| part.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some(rest) = text.strip_prefix("mrk-") {
        return rest.len() == 32 && hex(rest);
    }
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|part| hex(part))
}

/// Whether an ARN is a key's or an alias'.
fn arn_form(text: &str) -> Result<KeyForm, Reason> {
    const NOUN: &str = "a KMS key's ARN";
    let parts = super::ArnParts::parse(text)?;
    let not = |why: &str| Reason::not(text, NOUN, why);
    if parts.service != "kms" {
        return Err(not(&format!("it is of service {}, not of kms", parts.service)));
    }
    Region::parse(parts.region).map_err(|reason| reason.within(text, NOUN))?;
    AccountId::parse(parts.account).map_err(|reason| reason.within(text, NOUN))?;
    match parts.resource.strip_prefix("key/") {
        Some(id) if is_id(id) => Ok(KeyForm::Arn),
        None if KeyAlias::any(parts.resource).is_ok() => Ok(KeyForm::AliasArn),
        _ => Err(not("its last part is key/ID or alias/NAME")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use rstest::rstest;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    #[rstest]
    #[case(ID, KeyForm::Id)]
    #[case("mrk-1234abcd12ab34cd56ef1234567890ab", KeyForm::Id)]
    #[case("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", KeyForm::Arn)]
    #[case("alias/backups", KeyForm::Alias)]
    #[case("arn:aws:kms:us-east-1:111122223333:alias/backups", KeyForm::AliasArn)]
    #[case("new", KeyForm::New)]
    fn n21_every_form_of_a_key_is_taken(#[case] text: &str, #[case] form: KeyForm) {
        assert_eq!(KmsKeyRef::parse(text).unwrap().form(), form);
    }

    #[rstest]
    #[case("")]
    #[case("1234")]
    #[case("mrk-12")]
    #[case("arn:aws:kms:us-east-1:111122223333:key/backups")]
    #[case("arn:aws:s3:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")]
    #[case("arn:aws:kms:us-east-1:111122223333:key/*")]
    #[case("alias/a b")]
    fn n21_what_is_no_key_is_refused(#[case] text: &str) {
        assert!(KmsKeyRef::parse(text).is_err());
    }

    #[test]
    fn n22_keys_of_aws_are_known_by_their_alias() {
        assert!(KmsKeyRef::parse("alias/aws/s3").unwrap().is_aws_managed());
        assert!(KmsKeyRef::parse("arn:aws:kms:us-east-1:111122223333:alias/aws/s3").unwrap().is_aws_managed());
        assert!(!KmsKeyRef::parse("alias/backups").unwrap().is_aws_managed());
    }

    #[test]
    fn n23_an_arn_tells_its_region_and_account() {
        let key = KmsKeyRef::parse(&format!("arn:aws:kms:eu-west-1:111122223333:key/{ID}")).unwrap();
        assert_eq!(key.region().unwrap().as_str(), "eu-west-1");
        assert_eq!(key.account().unwrap().as_str(), "111122223333");
        assert_eq!(KmsKeyRef::parse(ID).unwrap().region(), None);
    }

    #[test]
    fn n24_aliases_follow_their_pattern() {
        for text in ["alias/a b", "alias/", "alias/aws/s3", &format!("alias/{}", "a".repeat(251))] {
            assert!(KeyAlias::parse(text).is_err(), "{text}");
        }
        assert!(KeyAlias::parse(&format!("alias/{}", "a".repeat(250))).is_ok());
        assert_eq!(KeyAlias::parse("backups").unwrap_err().suggestion.unwrap().as_str(), "alias/backups");
        assert_eq!(KeyAlias::parse("alias/backups").unwrap().bare(), "backups");
    }
}
