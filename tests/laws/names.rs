//! Laws of names: parsers never panic, what they take they write back, what they propose they take.

use lifeboat::domain::{
    AccountId, BucketName, ClusterName, GoDuration, Identity, Issuer, KeyAlias, KmsKeyRef, LocationName, Namespace,
    Partition, PolicyArn, Prefix, Reason, Region, ReleaseName, RoleArn, RoleName, RolePath, Schedule, ServiceAccount,
    Shown, TagKey, TagValue, Tool, understand,
};
use proptest::prelude::*;
use std::fmt::Display;
use std::str::FromStr;

/// One noun against one text.
fn lawful<T: FromStr<Err = Reason> + Display + PartialEq + std::fmt::Debug>(text: &str) {
    match text.parse::<T>() {
        Ok(noun) => {
            let written = noun.to_string();
            assert_eq!(written.parse::<T>().expect("what is written is taken"), noun, "{text:?}");
        }
        Err(reason) => {
            assert!(!reason.what.is_empty());
            assert_eq!(Shown::new(&reason.to_string()).as_str(), reason.to_string(), "a reason is safe to show");
            if let Some(near) = reason.suggestion {
                assert!(near.as_str().parse::<T>().is_ok(), "{text:?} proposes {near}");
            }
        }
    }
}

fn all(text: &str) {
    lawful::<AccountId>(text);
    lawful::<BucketName>(text);
    lawful::<ClusterName>(text);
    lawful::<GoDuration>(text);
    lawful::<Identity>(text);
    lawful::<Issuer>(text);
    lawful::<KeyAlias>(text);
    lawful::<KmsKeyRef>(text);
    lawful::<LocationName>(text);
    lawful::<Namespace>(text);
    lawful::<Partition>(text);
    lawful::<PolicyArn>(text);
    lawful::<Prefix>(text);
    lawful::<Region>(text);
    lawful::<ReleaseName>(text);
    lawful::<RoleArn>(text);
    lawful::<RoleName>(text);
    lawful::<RolePath>(text);
    lawful::<Schedule>(text);
    lawful::<ServiceAccount>(text);
    lawful::<TagKey>(text);
    lawful::<TagValue>(text);
    lawful::<Tool>(text);
    if let Some(found) = understand(text) {
        assert!(BucketName::parse(found.bucket.as_str()).is_ok());
    }
}

proptest! {
    #[test]
    fn any_text_is_taken_or_refused_with_a_reason(text in any::<String>()) {
        all(&text);
    }

    #[test]
    fn any_plausible_name_is_taken_or_refused_with_a_reason(text in "[a-zA-Z0-9_. /:@-]{0,80}") {
        all(&text);
    }

    #[test]
    fn any_address_is_taken_or_refused_with_a_reason(
        head in "(s3://|https://|arn:aws:s3:::|arn:aws:iam::111122223333:role/|arn:aws:kms:us-east-1:111122223333:|alias/|@every [0-9]{1,3}[dhm]|arn:aws:kms:us-east-1a:11112222333:|)",
        rest in "[a-zA-Z0-9./:?*# -]{0,40}",
    ) {
        all(&format!("{head}{rest}"));
    }

    #[test]
    fn any_schedule_is_taken_or_refused_with_a_reason(text in "[0-9*/,?a-z-]{1,4}( [0-9*/,-]{1,4}){3,5}") {
        all(&text);
    }

    #[test]
    fn default_role_names_fit_and_never_change(
        tool in prop::sample::select(Tool::ALL.to_vec()),
        region in prop::sample::select(Region::all_known().collect::<Vec<_>>()),
        cluster in "[0-9A-Za-z][A-Za-z0-9_-]{0,99}",
        name in "[A-Za-z0-9_+=,.@-]{1,64}",
    ) {
        let (region, cluster) = (Region::parse(region).unwrap(), ClusterName::parse(&cluster).unwrap());
        let role = RoleName::default_for(tool, &region, &cluster);
        prop_assert_eq!(RoleName::parse(role.as_str()).unwrap(), role.clone());
        prop_assert_eq!(RoleName::default_for(tool, &region, &cluster), role.clone());
        let reads = [
            RoleName::read_default_for(tool, &region, &cluster),
            RoleName::parse(&name).unwrap().read_beside(&region, &cluster),
        ];
        for read in reads {
            prop_assert!(read.as_str().ends_with("-read"));
            prop_assert!(!read.collides(&role));
            prop_assert_eq!(RoleName::parse(read.as_str()).unwrap(), read);
        }
    }

    #[test]
    fn next_times_come_in_order_and_after_now(
        fields in "(\\*|[0-5]?[0-9]) (\\*|1?[0-9]) (\\*|1?[1-9]) (\\*|[1-9]) (\\*|[0-6])",
        after in -4_000_000_000_i64..8_000_000_000,
    ) {
        let times = Schedule::parse(&fields).unwrap().next(after, 3);
        prop_assert!(times.first().is_none_or(|first| *first > after));
        prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(times.iter().all(|time| time % 60 == 0));
    }
}
