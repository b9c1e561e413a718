//! The lines of an answer that goes on and on.

use http_body_util::BodyExt;
use kube::client::Body;

/// The longest line of a watch that is read.
const LONGEST: usize = 16 * 1024 * 1024;

/// The lines of a body. What was read of a line is kept when waiting for it is given up.
pub(super) struct Lines {
    body: Body,
    kept: Vec<u8>,
    /// How much of `kept` is known to hold no line end.
    looked: usize,
}

/// Why there is no next line.
pub(super) enum Cut {
    /// It is longer than 16 MiB.
    Long,
    /// The connection broke.
    Broken(kube::Error),
}

impl Lines {
    pub(super) fn new(body: Body) -> Self {
        Self { body, kept: Vec::new(), looked: 0 }
    }

    /// The next line with its end; `None` when the body is over (a line without an end is none).
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, Cut> {
        loop {
            let fresh = self.kept.get(self.looked..).unwrap_or_default();
            if let Some(end) = fresh.iter().position(|byte| *byte == b'\n') {
                let rest = self.kept.split_off(self.looked + end + 1);
                self.looked = 0;
                return Ok(Some(std::mem::replace(&mut self.kept, rest)));
            }
            self.looked = self.kept.len();
            if self.kept.len() > LONGEST {
                return Err(Cut::Long);
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(Cut::Broken(error)),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.kept.extend_from_slice(&data);
                    }
                }
            }
        }
    }
}
