#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::app::lore::Of;
use crate::wizard::field;

/// 2026-01-05 09:00 UTC.
const NOW: i64 = 1_767_603_600_000;

fn said(texts: &[(&str, &str)], lore: &Lore, path: &str) -> Vec<String> {
    let mut draft = Draft::default();
    for (path, text) in texts {
        draft.set(path, text);
    }
    let zone = TimeZone::fixed(jiff::tz::offset(2));
    let known = Known {
        draft: &draft,
        lore,
        account: Some("111122223333"),
        buckets: &[],
        detail: None,
        now: NOW,
        zone: Some(&zone),
    };
    remarks(&known, field(path).unwrap()).into_iter().map(|it| it.text.to_string()).collect()
}

#[test]
fn n35_the_next_three_times_are_said_in_utc_and_in_the_zone_of_who_reads() {
    let told = said(&[], &Lore::default(), "velero.schedule");
    assert_eq!(told[0], "next 6 Jan 03:00, 7 Jan 03:00, 8 Jan 03:00 UTC");
    assert_eq!(told[1], "here 6 Jan 05:00, 7 Jan 05:00, 8 Jan 05:00 +02");
    assert!(said(&[("velero.schedule", "61 * * * *")], &Lore::default(), "velero.schedule").is_empty());
    let never = said(&[("velero.schedule", "0 0 31 2 *")], &Lore::default(), "velero.schedule");
    assert_eq!(never, ["this time never comes"]);
}

#[test]
fn n36_a_lifetime_is_said_in_days_and_backups() {
    let ttl = |ttl: &str, schedule: &str| {
        said(&[("velero.ttl", ttl), ("velero.schedule", schedule)], &Lore::default(), "velero.ttl").join("|")
    };
    assert_eq!(ttl("720h", "0 3 * * *"), "30 days: about 30 backups by the schedule");
    assert_eq!(ttl("240h", "0 */6 * * *"), "10 days: about 40 backups by the schedule");
    assert!(ttl("12h", "@daily").contains("gone before the next is made"));
    assert_eq!(ttl("30d", "@daily"), "", "the parser says what is wrong with it");
}

#[test]
fn the_real_name_of_an_account_regional_bucket_is_said() {
    let texts = [
        ("cluster.region", "us-east-1"),
        ("cluster.name", "prod"),
        ("bucket.name", "acme"),
        ("bucket.account_regional", "true"),
    ];
    let told = said(&texts, &Lore::default(), "bucket.name");
    assert_eq!(told, ["its real name: acme-111122223333-us-east-1-an"]);
    let far = [("cluster.region", "us-east-1"), ("bucket.name", "acme"), ("bucket.region", "eu-west-1")];
    assert!(said(&far, &Lore::default(), "bucket.name")[0].contains("AWS bills each GB between regions"));
}

#[test]
fn volumes_are_counted_and_what_covers_them_is_recommended() {
    let volumes = Volumes {
        ebs_csi: 12,
        efs: 1,
        regions: ["us-east-1".to_owned()].into(),
        snapshot_class: true,
        ..Volumes::default()
    };
    let lore = |volumes: &Volumes| Lore {
        volumes: Of { name: String::new(), load: Load::Here(volumes.clone()) },
        ..Lore::default()
    };
    let told = said(&[], &lore(&volumes), "velero.features");
    assert_eq!(told[0], "13 volumes: 12 EBS by CSI, 1 EFS; in us-east-1");
    assert!(told[1].starts_with("recommended: csi and file system backup; "), "{told:?}");
    assert_eq!(told[2], "as chosen, 13 volumes are not covered");
    let chosen = [("velero.features", "csi,file-system-backup")];
    assert_eq!(said(&chosen, &lore(&volumes), "velero.features").len(), 2);
    let old = Volumes { ebs_in_tree: 2, snapshot_class: false, efs: 0, ..volumes.clone() };
    assert_eq!(recommended(&old, false).0, [Feature::EbsSnapshots]);
    assert_eq!(recommended(&volumes, true).0, [Feature::Csi, Feature::DataMover, Feature::FileSystemBackup]);
    assert!(recommended(&Volumes::default(), false).0.is_empty());
}
