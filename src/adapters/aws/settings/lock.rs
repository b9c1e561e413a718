//! put-object-lock-configuration.

use aws_sdk_s3::types;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ObjectLock {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object_lock_enabled: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_retention: Option<Retention>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Retention {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    years: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_event_hold: Option<EventHold>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct EventHold {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    years: Option<i32>,
}

impl From<&types::ObjectLockConfiguration> for ObjectLock {
    fn from(found: &types::ObjectLockConfiguration) -> Self {
        let retention = |found: &types::DefaultRetention| Retention {
            mode: found.mode().map(|word| word.as_str().to_owned()),
            days: found.days(),
            years: found.years(),
            default_event_hold: found
                .default_event_hold()
                .map(|hold| EventHold { days: hold.days(), years: hold.years() }),
        };
        Self {
            object_lock_enabled: found.object_lock_enabled().map(|word| word.as_str().to_owned()),
            rule: found.rule().map(|rule| Rule { default_retention: rule.default_retention().map(retention) }),
        }
    }
}

impl Retention {
    fn write(&self) -> types::DefaultRetention {
        let hold = self.default_event_hold.as_ref();
        let hold =
            hold.map(|hold| types::EventHoldDuration::builder().set_days(hold.days).set_years(hold.years).build());
        types::DefaultRetention::builder()
            .set_mode(self.mode.as_deref().map(types::ObjectLockRetentionMode::from))
            .set_days(self.days)
            .set_years(self.years)
            .set_default_event_hold(hold)
            .build()
    }
}

impl ObjectLock {
    pub fn write(&self) -> types::ObjectLockConfiguration {
        let rule = self.rule.as_ref().map(|rule| {
            let retention = rule.default_retention.as_ref().map(Retention::write);
            types::ObjectLockRule::builder().set_default_retention(retention).build()
        });
        types::ObjectLockConfiguration::builder()
            .set_object_lock_enabled(self.object_lock_enabled.as_deref().map(types::ObjectLockEnabled::from))
            .set_rule(rule)
            .build()
    }
}
