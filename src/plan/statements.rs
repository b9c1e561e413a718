//! Our statements in policy documents, by Sid.

use crate::domain::Reason;
use crate::domain::policy::{self, Caller, Context, Document, Evidence, Request, evaluate};
use serde_json::{Value, json};

/// The document with our statements in it; foreign statements stay byte for byte.
///
/// # Errors
/// What is wrong with the document that is there.
pub fn merged(current: Option<&str>, statements: &[Value]) -> Result<String, Reason> {
    match current {
        Some(text) => policy::merge(text, &texts(statements)).map(|merge| merge.text),
        None => Ok(super::document::json(&json!({"Version": "2012-10-17", "Statement": statements}))),
    }
}

/// Whether the document holds our statements exactly once each and as they are meant.
pub fn holds(current: Option<&str>, statements: &[Value]) -> bool {
    current.is_some_and(|text| policy::merge(text, &texts(statements)).is_ok_and(|merge| !merge.changed))
}

/// Whether a bucket's policy refuses plain http, by whichever statement.
pub fn refuses_http(text: Option<&str>, bucket: &str) -> bool {
    text.and_then(|text| Document::parse(text).ok()).is_some_and(|policy| super::account::refuses_http(&policy, bucket))
}

fn texts(statements: &[Value]) -> Vec<String> {
    statements.iter().map(Value::to_string).collect()
}

/// Whether a policy by itself allows an action on a resource of an account; `carried` are the condition keys that
/// the tool's requests for it carry, beside those of every request.
pub fn allows(text: &str, action: &str, resource: &str, account: &str, carried: &[(String, String)]) -> bool {
    let Ok(document) = Document::parse(text) else { return false };
    let context = Context::new()
        .with("s3:ResourceAccount", account)
        .with("aws:ResourceAccount", account)
        .with("aws:SecureTransport", "true");
    let context = carried.iter().fold(context, |context, (key, value)| context.with(key, value));
    let caller = Caller::Identity { arn: String::new(), session: String::new(), account: account.to_owned() };
    let request = Request { caller, action: action.to_owned(), resource: resource.to_owned(), context };
    evaluate(&request, &Evidence { identity: vec![document], ..Evidence::default() }).is_allowed()
}
