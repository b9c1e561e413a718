//! What `lifeboat status` says of its clusters, in lines or as JSON.

use crate::domain::live::LiveNews;
use crate::domain::status::ClusterStatus;
use serde_json::Value;

/// What is said, and where.
#[derive(Debug, PartialEq)]
pub enum Said {
    /// A document to standard output.
    Json(Value),
    /// Lines to standard output.
    Lines(String),
    /// A sentence to standard error.
    Aside(String),
}

/// Says news in lines or as JSON, of all clusters together.
pub struct Voice {
    json: bool,
    /// The newest status of each cluster; nothing is said before all are known.
    statuses: Vec<Option<ClusterStatus>>,
    /// The lines of the last status.
    last: String,
}

impl Voice {
    /// For so many clusters.
    pub fn new(clusters: usize, json: bool) -> Self {
        Self { json, statuses: vec![None; clusters], last: String::new() }
    }

    /// What is said of a cluster's news, if anything. In JSON standard output holds statuses alone.
    pub fn says(&mut self, at: usize, news: &LiveNews) -> Option<Said> {
        match news {
            LiveNews::Status(status) => {
                *self.statuses.get_mut(at)? = Some((**status).clone());
                let all: Vec<ClusterStatus> = self.statuses.iter().flatten().cloned().collect();
                if all.len() < self.statuses.len() {
                    return None;
                }
                if self.json {
                    return Some(Said::Json(document(&all)));
                }
                let text = lines(&all);
                // What changed may be nothing that the lines tell.
                (std::mem::replace(&mut self.last, text.clone()) != text).then_some(Said::Lines(text))
            }
            LiveNews::Stale(why) => {
                Some(self.sentence(&format!("What is shown is from before; it is tried again: {why}")))
            }
            LiveNews::Fresh => Some(self.sentence("What is shown is live again.")),
            // The screen's: the status says what they mean.
            LiveNews::Events(_) | LiveNews::Chain(_) => None,
        }
    }

    fn sentence(&self, text: &str) -> Said {
        if self.json { Said::Aside(text.to_owned()) } else { Said::Lines(text.to_owned()) }
    }
}

/// The contract's document.
pub fn document(statuses: &[ClusterStatus]) -> Value {
    serde_json::json!({"clusters": statuses})
}

/// The same in lines, a cluster after the other.
pub fn lines(statuses: &[ClusterStatus]) -> String {
    statuses.iter().map(|status| crate::plain::status(status).trim_end().to_owned()).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Shown;
    use crate::domain::status::Identity;

    fn status() -> ClusterStatus {
        ClusterStatus {
            cluster: "prod".to_owned(),
            tool: "velero".to_owned(),
            namespace: "velero".to_owned(),
            healthy: false,
            identity: Identity { expected: None, actual: None },
            locations: Vec::new(),
            pods: Vec::new(),
            backups: Vec::new(),
            schedules: Vec::new(),
        }
    }

    #[test]
    fn json_holds_statuses_alone_and_the_rest_goes_aside() {
        let mut voice = Voice::new(1, true);
        let told = LiveNews::Status(Box::new(status()));
        for _ in 0..2 {
            assert!(matches!(voice.says(0, &told), Some(Said::Json(it)) if it["clusters"][0]["cluster"] == "prod"));
        }
        let stale = voice.says(0, &LiveNews::Stale(Shown::new("Pod: the API server is away")));
        assert!(matches!(stale, Some(Said::Aside(text)) if text.ends_with("Pod: the API server is away")));
        assert!(matches!(voice.says(0, &LiveNews::Fresh), Some(Said::Aside(_))));
        assert_eq!(voice.says(0, &LiveNews::Chain(Vec::new())), None);
    }

    #[test]
    fn lines_are_said_when_they_are_others_and_trouble_is_a_sentence_among_them() {
        let mut voice = Voice::new(1, false);
        let told = LiveNews::Status(Box::new(status()));
        assert!(matches!(voice.says(0, &told), Some(Said::Lines(text)) if text.starts_with("velero on prod")));
        assert_eq!(voice.says(0, &told), None);
        assert!(matches!(voice.says(0, &LiveNews::Stale(Shown::new("why"))), Some(Said::Lines(_))));
        assert!(matches!(voice.says(0, &LiveNews::Fresh), Some(Said::Lines(text)) if text.ends_with("live again.")));
        let well = ClusterStatus { healthy: true, ..status() };
        assert!(matches!(voice.says(0, &LiveNews::Status(Box::new(well))), Some(Said::Lines(_))));
    }

    #[test]
    fn nothing_is_said_before_every_cluster_is_known_and_then_all_together() {
        let mut voice = Voice::new(2, true);
        let dr = ClusterStatus { cluster: "dr".to_owned(), ..status() };
        assert_eq!(voice.says(0, &LiveNews::Status(Box::new(status()))), None);
        let said = voice.says(1, &LiveNews::Status(Box::new(dr)));
        assert!(
            matches!(said, Some(Said::Json(it)) if it["clusters"][1]["cluster"] == "dr" && it["clusters"][0]["cluster"] == "prod")
        );
    }
}
