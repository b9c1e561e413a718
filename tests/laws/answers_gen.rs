//! Arbitrary answers without problems.

use lifeboat::domain::{
    BucketName, ClusterName, GoDuration, Identity, KeyAlias, KmsKeyRef, LocationName, Namespace, PolicyArn, Prefix,
    Region, ReleaseName, RoleName, RolePath, Schedule, SecretName, ServiceAccount, Tool,
};
use lifeboat::plan::answers::{
    AccessMode, Answers, BucketAnswer, ClusterAnswer, Consent, ControlPlane, DeletionPolicy, EncryptionAnswer,
    EncryptionKind, Feature, InstallAnswer, LockMode, RancherAnswer, ResourceSet, RestoreClusterAnswer, RoleAnswer,
    SecretChoice, SpacesAnswer, SpacesTrust, VeleroAnswer,
};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt::Debug;
use std::str::FromStr;

/// Nouns of a shape.
fn noun<T: FromStr + Debug + 'static>(shape: &'static str) -> BoxedStrategy<T> {
    let parse = |text: String| text.parse::<T>().ok();
    proptest::string::string_regex(shape).unwrap().prop_filter_map("not the noun", parse).boxed()
}

fn label<T: FromStr + Debug + 'static>() -> BoxedStrategy<T> {
    noun("[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?")
}

fn region() -> impl Strategy<Value = Region> {
    select(Region::all_known().collect::<Vec<_>>()).prop_map(|name| Region::parse(name).unwrap())
}

/// Readable text with all that TOML has to escape.
fn text() -> impl Strategy<Value = String> {
    "[ -~\u{a1}-\u{ff}\u{65e5}\u{2028}\u{202e}]{0,12}"
}

fn schedule() -> impl Strategy<Value = Option<Schedule>> {
    of(noun("([0-5]?[0-9] 1?[0-9] \\* \\* [0-6])|@daily|@every 90m"))
}

fn duration() -> impl Strategy<Value = GoDuration> {
    noun("[1-9][0-9]{0,3}(h|m|s)")
}

fn cluster() -> impl Strategy<Value = ClusterAnswer> {
    (noun("[0-9A-Za-z][A-Za-z0-9_-]{0,99}"), region(), text()).prop_map(|(name, region, context)| ClusterAnswer {
        name,
        region,
        context,
    })
}

fn account() -> impl Strategy<Value = Option<ServiceAccount>> {
    of(label::<ServiceAccount>().prop_filter("default", |account| !account.is_default()))
}

fn restore() -> impl Strategy<Value = RestoreClusterAnswer> {
    (cluster(), of(label::<Namespace>()), account()).prop_map(|(cluster, namespace, service_account)| {
        let ClusterAnswer { name, region, context } = cluster;
        RestoreClusterAnswer { name, region, context, namespace, service_account }
    })
}

fn bucket() -> impl Strategy<Value = BucketAnswer> {
    let prefix = of(noun::<Prefix>("/|[a-z0-9]{1,9}(/[a-zA-Z0-9!_.'()=+,@:-]{1,9}){0,3}/?"));
    let numbers = (1_u32..36_500, 0_u32..36_500, select(LockMode::ALL.to_vec()));
    let flags = (any::<bool>(), any::<bool>());
    (noun::<BucketName>("[a-z0-9][a-z0-9.-]{1,24}[a-z0-9]"), of(region()), prefix, numbers, flags).prop_map(
        |(name, region, prefix, (noncurrent_days, object_lock_days, object_lock_mode), (create, account_regional))| {
            BucketAnswer {
                name,
                create,
                region,
                prefix,
                account_regional,
                noncurrent_days,
                object_lock_days,
                object_lock_mode,
            }
        },
    )
}

fn encryption() -> impl Strategy<Value = EncryptionAnswer> {
    let plain = select(vec![EncryptionKind::BucketDefault, EncryptionKind::SseS3]).prop_map(|kind| (kind, None, None));
    let key = select(vec![
        "alias/backups",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:us-east-1:111122223333:alias/backups",
    ])
    .prop_map(|key| (EncryptionKind::Kms, KmsKeyRef::parse(key).ok(), None));
    let new = of(noun::<KeyAlias>("alias/[a-z][a-zA-Z0-9_-]{0,20}"))
        .prop_map(|alias| (EncryptionKind::Kms, KmsKeyRef::parse("new").ok(), alias));
    (prop_oneof![plain, key, new], 90_u32..=2560).prop_map(|((kind, key, alias), rotation_days)| EncryptionAnswer {
        kind,
        key,
        alias,
        rotation_days,
    })
}

fn role() -> impl Strategy<Value = RoleAnswer> {
    let policy = || of(noun::<PolicyArn>("arn:aws:iam::111122223333:policy/[a-z]{1,9}"));
    let names = (of(noun::<RoleName>("[A-Za-z0-9_+=,.@-]{1,64}")), noun::<RolePath>("/([a-z]{1,5}/){0,3}"));
    (names, "[ -~\t\n\u{a1}-\u{ff}]{0,30}", policy(), policy(), any::<bool>())
        .prop_filter("one policy for both", |(.., a, b, _)| a.is_none() || a != b)
        .prop_map(|((name, path), description, boundary, existing_policy, shared)| RoleAnswer {
            name,
            path,
            description,
            boundary,
            existing_policy,
            shared,
        })
}

fn install() -> impl Strategy<Value = InstallAnswer> {
    let names = (of(label::<Namespace>()), account(), of(label::<ReleaseName>()));
    let version = select(vec!["", "12.1.0", "v1.2.3-rc.1"]);
    let registry = select(vec!["", "registry.example.com:5000/mirror"]);
    (names, text(), version, text(), registry).prop_map(|(names, chart, version, values, registry)| InstallAnswer {
        namespace: names.0,
        service_account: names.1,
        release: names.2,
        chart,
        version: version.to_owned(),
        values,
        image_registry: registry.to_owned(),
    })
}

fn velero() -> impl Strategy<Value = VeleroAnswer> {
    let features = prop::collection::btree_set(select(Feature::ALL.to_vec()), 0..4);
    let url = select(vec!["", "https://s3.example.com:9000", "http://127.0.0.1:9000/"]);
    let location = (label::<LocationName>(), any::<bool>(), select(AccessMode::ALL.to_vec()));
    (features, location, duration(), url, schedule(), duration()).prop_map(
        |(features, (location, default_location, access_mode), validation_frequency, url, schedule, ttl)| {
            VeleroAnswer {
                features,
                location,
                default_location,
                access_mode,
                validation_frequency,
                s3_url: url.to_owned(),
                schedule,
                ttl,
            }
        },
    )
}

fn rancher() -> impl Strategy<Value = RancherAnswer> {
    let secret = prop_oneof![
        Just(SecretChoice::None),
        Just(SecretChoice::New),
        label::<SecretName>().prop_filter("new", |name| name.as_str() != "new").prop_map(SecretChoice::Named)
    ];
    let endpoint = select(vec!["", "s3.us-east-1.amazonaws.com"]);
    (select(ResourceSet::ALL.to_vec()), secret, endpoint, schedule(), 1_u32..10_000).prop_map(
        |(resource_set, encryption_secret, endpoint, schedule, retention)| RancherAnswer {
            resource_set,
            encryption_secret,
            endpoint: endpoint.to_owned(),
            schedule,
            retention,
        },
    )
}

fn spaces() -> impl Strategy<Value = SpacesAnswer> {
    let planes = (label::<Namespace>(), label::<LocationName>()).prop_map(|(group, name)| ControlPlane { group, name });
    let words = (select(SpacesTrust::ALL.to_vec()), select(DeletionPolicy::ALL.to_vec()));
    let lists = (prop::collection::vec(label::<Namespace>(), 0..3), prop::collection::vec(planes, 0..3));
    (lists, words, label::<LocationName>(), schedule(), duration()).prop_map(
        |((groups, control_planes), (trust, deletion_policy), config_name, schedule, ttl)| SpacesAnswer {
            groups,
            control_planes,
            trust,
            config_name,
            deletion_policy,
            schedule,
            ttl,
        },
    )
}

fn consent() -> impl Strategy<Value = Consent> {
    let ids = |all: Vec<&'static str>| prop::collection::btree_set(select(all).prop_map(str::to_owned), 0..3);
    let commands = prop::collection::vec("[a-z\"\\\\]{1,9}", 0..3);
    (ids(vec!["bucket-tls", "role:dr"]), ids(vec!["bucket-versioning", "schedule"]), any::<bool>(), commands).prop_map(
        |(adopt, leave, shared_prefix, exec_plugins)| {
            let saved = adopt.iter().take(1).cloned().collect();
            Consent { adopt, leave, shared_prefix, exec_plugins, saved }
        },
    )
}

/// Any answers that have no problem.
pub fn answers() -> impl Strategy<Value = Answers> {
    let tool = (select(Tool::ALL.to_vec()), select(Identity::ALL.to_vec()));
    let tags = prop::collection::btree_map("[a-z][A-Za-z0-9 _.:/=+@-]{0,9}", "[A-Za-z0-9 _.:/=+@\u{e9}-]{0,9}", 0..4);
    let places = (cluster(), prop::collection::vec(restore(), 0..3), bucket(), encryption());
    (tool, places, role(), tags, install(), (velero(), rancher(), spaces()), consent())
        .prop_map(|((tool, identity), places, role, tags, install, own, consent)| {
            let (cluster, restore_clusters, bucket, encryption) = places;
            let mut answers = Answers {
                tool,
                identity,
                cluster,
                restore_clusters,
                bucket,
                encryption,
                role,
                tags,
                install,
                velero: VeleroAnswer::default(),
                rancher: RancherAnswer::default(),
                spaces: SpacesAnswer::default(),
                consent,
                user_values: None,
            };
            match tool {
                Tool::Velero => answers.velero = own.0,
                Tool::RancherBackup => answers.rancher = own.1,
                Tool::UpboundSpaces => answers.spaces = own.2,
            }
            if tool != Tool::Velero {
                answers.bucket.object_lock_days = 0;
                answers.install.service_account = None;
                answers.restore_clusters.iter_mut().for_each(|cluster| cluster.service_account = None);
            }
            answers
        })
        .prop_filter("answers with problems", |answers| answers.problems().is_empty())
}

/// The names of a cluster, for edits.
pub fn cluster_name() -> impl Strategy<Value = ClusterName> {
    noun("[0-9A-Za-z][A-Za-z0-9_-]{0,99}")
}
