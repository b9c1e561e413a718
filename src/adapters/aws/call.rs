//! One call: its name, what it is made on, and how its failures and pages are read.

use super::error;
use super::retry::Mode;
use crate::ports::{Answer, Trouble, TroubleKind};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::collections::HashSet;
use std::error::Error;
use std::future::Future;

/// More pages than this are an endless answer: IAM's 10,000 roles in pages of one.
const PAGES: usize = 10_000;

/// A call, as IAM names it, and what it is made on.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub name: &'static str,
    pub resource: String,
    pub mode: Mode,
}

impl Call {
    /// A call that changes nothing.
    pub fn read(name: &'static str, resource: impl Into<String>) -> Self {
        Self { name, resource: resource.into(), mode: Mode::Read }
    }

    /// A call that overwrites or deletes.
    pub fn put(name: &'static str, resource: impl Into<String>) -> Self {
        Self { name, resource: resource.into(), mode: Mode::Put }
    }

    /// A call that makes something.
    pub fn create(name: &'static str, resource: impl Into<String>) -> Self {
        Self { name, resource: resource.into(), mode: Mode::Create }
    }

    /// Whether it changes anything.
    pub fn writes(&self) -> bool {
        self.mode != Mode::Read
    }

    /// The trouble that an SDK error is.
    #[allow(clippy::needless_pass_by_value)] // taken as `map_err` gives it
    pub fn failed<E>(&self, error: SdkError<E, HttpResponse>) -> Trouble
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        error::trouble(self, &error)
    }

    /// An answer that came and lacks or breaks something.
    pub fn unreadable(&self, why: impl AsRef<str>) -> Trouble {
        Trouble::new(TroubleKind::Unreadable, format!("AWS's answer to {} cannot be understood", self.name))
            .at(self.name, self.resource.clone())
            .why(why)
            .todo("try again; if it stays, look for a proxy or gateway that answers in AWS's place")
    }

    /// A field that AWS always gives.
    pub fn need(&self, field: &str, value: Option<&str>) -> Answer<String> {
        match value {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(self.unreadable(format!("the field {field} is missing"))),
        }
    }

    /// All pages of a list, in order, each item once. `fetch` takes the token of a page and gives its items and
    /// the next token. An empty page with a token is followed; a token that comes twice is an endless list (A15).
    pub async fn pages<T, F, Fut>(&self, mut fetch: F) -> Answer<Vec<T>>
    where
        T: Clone + Eq + std::hash::Hash,
        F: FnMut(Option<String>) -> Fut,
        Fut: Future<Output = Answer<(Vec<T>, Option<String>)>>,
    {
        let mut all = Vec::new();
        let mut known = HashSet::new();
        let mut tokens = HashSet::new();
        let mut token: Option<String> = None;
        for _ in 0..PAGES {
            let (items, next) = fetch(token).await?;
            all.extend(items.into_iter().filter(|item| known.insert(item.clone())));
            token = next.filter(|next| !next.is_empty());
            match &token {
                None => return Ok(all),
                Some(next) if !tokens.insert(next.clone()) => {
                    return Err(self.unreadable("the list has no end: the same page token came twice"));
                }
                Some(_) => {}
            }
        }
        Err(self.unreadable(format!("the list has more than {PAGES} pages")))
    }

    /// The next token of an IAM page (`IsTruncated`, `Marker`).
    pub fn marker(&self, truncated: bool, marker: Option<&str>) -> Answer<Option<String>> {
        match (truncated, marker) {
            (false, _) => Ok(None),
            (true, Some(marker)) if !marker.is_empty() => Ok(Some(marker.to_owned())),
            (true, _) => Err(self.unreadable("the page says that there are more, without a token for them")),
        }
    }
}

/// `None` where the answer is that it is not there.
pub(super) fn absent<T>(answer: Answer<T>) -> Answer<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(trouble) if trouble.kind == TroubleKind::NotFound => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// `Ok` where the answer is that it was not there.
pub(super) fn gone(answer: Answer<()>) -> Answer<()> {
    absent(answer).map(|_| ())
}
