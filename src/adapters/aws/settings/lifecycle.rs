//! put-bucket-lifecycle-configuration, every field of it.

use super::super::config::incomplete;
use super::rules::Tag;
use crate::ports::{Answer, Trouble, TroubleKind};
use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{self, TransitionDefaultMinimumObjectSize, TransitionStorageClass};
use serde::{Deserialize, Serialize};

/// The size rule that new configurations get; it is not written, as put-bucket-lifecycle-configuration's document
/// has no field for it (it is an option of its own).
const USUAL: &str = "all_storage_classes_128K";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Lifecycle {
    pub rules: Vec<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition_default_minimum_object_size: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expiration: Option<Expiration>,
    #[serde(default, rename = "ID", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    filter: Option<Filter>,
    status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transitions: Option<Vec<Transition>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    noncurrent_version_transitions: Option<Vec<NoncurrentTransition>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    noncurrent_version_expiration: Option<NoncurrentExpiration>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    abort_incomplete_multipart_upload: Option<Abort>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<Tag>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object_size_greater_than: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object_size_less_than: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    and: Option<And>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct And {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<Tag>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object_size_greater_than: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object_size_less_than: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Expiration {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expired_object_delete_marker: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Transition {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    storage_class: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct NoncurrentTransition {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    noncurrent_days: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    storage_class: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    newer_noncurrent_versions: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct NoncurrentExpiration {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    noncurrent_days: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    newer_noncurrent_versions: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Abort {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days_after_initiation: Option<i32>,
}

/// What S3 holds.
pub(super) fn read(said: &GetBucketLifecycleConfigurationOutput) -> Answer<Lifecycle> {
    let size = said.transition_default_minimum_object_size().map(TransitionDefaultMinimumObjectSize::as_str);
    Ok(Lifecycle {
        rules: said.rules().iter().map(read_rule).collect::<Answer<_>>()?,
        transition_default_minimum_object_size: size.filter(|size| *size != USUAL).map(str::to_owned),
    })
}

#[allow(deprecated)] // rules of before 2016 have their prefix outside the filter, and must survive
fn read_rule(rule: &types::LifecycleRule) -> Answer<Rule> {
    let transition = |found: &types::Transition| {
        Ok(Transition {
            date: found.date().map(shown).transpose()?,
            days: found.days(),
            storage_class: found.storage_class().map(|class| class.as_str().to_owned()),
        })
    };
    let noncurrent = |found: &types::NoncurrentVersionTransition| NoncurrentTransition {
        noncurrent_days: found.noncurrent_days(),
        storage_class: found.storage_class().map(|class| class.as_str().to_owned()),
        newer_noncurrent_versions: found.newer_noncurrent_versions(),
    };
    let transitions = rule.transitions().iter().map(transition).collect::<Answer<Vec<_>>>()?;
    let noncurrent: Vec<_> = rule.noncurrent_version_transitions().iter().map(noncurrent).collect();
    Ok(Rule {
        expiration: rule.expiration().map(read_expiration).transpose()?,
        id: rule.id().map(str::to_owned),
        prefix: rule.prefix().map(str::to_owned),
        filter: rule.filter().map(read_filter),
        status: rule.status().as_str().to_owned(),
        transitions: Some(transitions).filter(|all| !all.is_empty()),
        noncurrent_version_transitions: Some(noncurrent).filter(|all| !all.is_empty()),
        noncurrent_version_expiration: rule.noncurrent_version_expiration().map(|found| NoncurrentExpiration {
            noncurrent_days: found.noncurrent_days(),
            newer_noncurrent_versions: found.newer_noncurrent_versions(),
        }),
        abort_incomplete_multipart_upload: rule
            .abort_incomplete_multipart_upload()
            .map(|found| Abort { days_after_initiation: found.days_after_initiation() }),
    })
}

fn read_expiration(found: &types::LifecycleExpiration) -> Answer<Expiration> {
    Ok(Expiration {
        date: found.date().map(shown).transpose()?,
        days: found.days(),
        expired_object_delete_marker: found.expired_object_delete_marker(),
    })
}

fn read_filter(found: &types::LifecycleRuleFilter) -> Filter {
    Filter {
        prefix: found.prefix().map(str::to_owned),
        tag: found.tag().map(Tag::from),
        object_size_greater_than: found.object_size_greater_than(),
        object_size_less_than: found.object_size_less_than(),
        and: found.and().map(|and| And {
            prefix: and.prefix().map(str::to_owned),
            tags: Some(and.tags().iter().map(Tag::from).collect::<Vec<_>>()).filter(|tags| !tags.is_empty()),
            object_size_greater_than: and.object_size_greater_than(),
            object_size_less_than: and.object_size_less_than(),
        }),
    }
}

/// What is put: the configuration, and the size rule that travels beside it.
pub(super) fn write(
    document: Lifecycle,
) -> Answer<(types::BucketLifecycleConfiguration, Option<TransitionDefaultMinimumObjectSize>)> {
    let size = document.transition_default_minimum_object_size.as_deref();
    let size = size.map(TransitionDefaultMinimumObjectSize::from);
    let rules = document.rules.into_iter().map(write_rule).collect::<Answer<Vec<_>>>()?;
    let built = types::BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build();
    Ok((built.map_err(|error| incomplete(&error))?, size))
}

#[allow(deprecated)]
fn write_rule(rule: Rule) -> Answer<types::LifecycleRule> {
    let class = |class: Option<String>| class.map(|class| TransitionStorageClass::from(class.as_str()));
    let transition = |found: Transition| {
        Ok(types::Transition::builder()
            .set_date(found.date.as_deref().map(date).transpose()?)
            .set_days(found.days)
            .set_storage_class(class(found.storage_class))
            .build())
    };
    let noncurrent = |found: NoncurrentTransition| {
        types::NoncurrentVersionTransition::builder()
            .set_noncurrent_days(found.noncurrent_days)
            .set_newer_noncurrent_versions(found.newer_noncurrent_versions)
            .set_storage_class(class(found.storage_class))
            .build()
    };
    let transitions =
        rule.transitions.map(|all| all.into_iter().map(transition).collect::<Answer<Vec<_>>>()).transpose()?;
    let noncurrent = rule.noncurrent_version_transitions.map(|all| all.into_iter().map(noncurrent).collect());
    types::LifecycleRule::builder()
        .set_expiration(rule.expiration.as_ref().map(write_expiration).transpose()?)
        .set_id(rule.id)
        .set_prefix(rule.prefix)
        .set_filter(rule.filter.map(write_filter).transpose()?)
        .status(types::ExpirationStatus::from(rule.status.as_str()))
        .set_transitions(transitions)
        .set_noncurrent_version_transitions(noncurrent)
        .set_noncurrent_version_expiration(rule.noncurrent_version_expiration.map(|found| {
            types::NoncurrentVersionExpiration::builder()
                .set_noncurrent_days(found.noncurrent_days)
                .set_newer_noncurrent_versions(found.newer_noncurrent_versions)
                .build()
        }))
        .set_abort_incomplete_multipart_upload(rule.abort_incomplete_multipart_upload.map(|found| {
            let abort = types::AbortIncompleteMultipartUpload::builder();
            abort.set_days_after_initiation(found.days_after_initiation).build()
        }))
        .build()
        .map_err(|error| incomplete(&error))
}

fn write_expiration(found: &Expiration) -> Answer<types::LifecycleExpiration> {
    Ok(types::LifecycleExpiration::builder()
        .set_date(found.date.as_deref().map(date).transpose()?)
        .set_days(found.days)
        .set_expired_object_delete_marker(found.expired_object_delete_marker)
        .build())
}

fn write_filter(found: Filter) -> Answer<types::LifecycleRuleFilter> {
    let and = found.and.map(|and| {
        let tags = and.tags.map(|tags| tags.iter().map(Tag::write).collect::<Answer<Vec<_>>>()).transpose()?;
        let built = types::LifecycleRuleAndOperator::builder()
            .set_prefix(and.prefix)
            .set_tags(tags)
            .set_object_size_greater_than(and.object_size_greater_than)
            .set_object_size_less_than(and.object_size_less_than);
        Ok(built.build())
    });
    Ok(types::LifecycleRuleFilter::builder()
        .set_prefix(found.prefix)
        .set_tag(found.tag.map(|tag| tag.write()).transpose()?)
        .set_object_size_greater_than(found.object_size_greater_than)
        .set_object_size_less_than(found.object_size_less_than)
        .set_and(and.transpose()?)
        .build())
}

fn shown(date: &DateTime) -> Answer<String> {
    date.fmt(DateTimeFormat::DateTime).map_err(|error| incomplete(&error))
}

/// A day as `2027-01-01`, or a time with or without an offset; S3 takes midnight UTC only.
fn date(text: &str) -> Answer<DateTime> {
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    DateTime::from_str(&whole, DateTimeFormat::DateTimeWithOffset)
        .map_err(|_| Trouble::new(TroubleKind::Refused, "a lifecycle rule has a date that cannot be read").why(text))
}
