//! What does not fit into one PUT.

use std::fmt::Write as _;

use hyper::body::Bytes;

use super::element;
use super::s3::Bucket;

/// The size of a part, and of the largest single PUT, bytes.
pub const PART: usize = 16 * 1024 * 1024;

impl Bucket {
    /// In parts; what was begun is aborted when a part fails.
    pub(super) async fn put_in_parts(&self, key: &str, body: &Bytes) -> Result<(), String> {
        let begun = Self::good(self.send("POST", key, &[("uploads", "")], Bytes::new()).await?)?;
        let id = element(&begun.body, "UploadId").ok_or("no UploadId in the answer")?.to_owned();
        match self.parts(key, &id, body).await {
            Ok(()) => Ok(()),
            Err(problem) => {
                let _ = self.send("DELETE", key, &[("uploadId", &id)], Bytes::new()).await;
                Err(problem)
            }
        }
    }

    async fn parts(&self, key: &str, id: &str, body: &Bytes) -> Result<(), String> {
        let mut list = String::from("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
        for (index, from) in (0..body.len()).step_by(PART).enumerate() {
            let number = (index + 1).to_string();
            let part = body.slice(from..body.len().min(from + PART));
            let query = [("partNumber", number.as_str()), ("uploadId", id)];
            let answer = Self::good(self.send("PUT", key, &query, part).await?)?;
            let tag = answer.headers.get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default();
            let _ = write!(list, "<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>");
        }
        list.push_str("</CompleteMultipartUpload>");
        Self::good(self.send("POST", key, &[("uploadId", id)], Bytes::from(list)).await?).map(drop)
    }
}
