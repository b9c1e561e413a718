//! Snapshots of EBS volumes, with the calls that Velero's plugin makes (velero.md 4).

use super::access;
use super::sts::Principal;
use crate::demo::state::{Account, Snapshot};
use crate::domain::policy::Context;

/// What EC2 says to a call that no policy allows, as the SDK for Go passes it on.
fn refused(operation: &str, why: &str) -> String {
    format!(
        "rpc error: code = Unknown desc = operation error EC2: {operation}, https response error StatusCode: 403, \
         api error UnauthorizedOperation: You are not authorized to perform this operation. {why}"
    )
}

fn ask(
    account: &Account,
    who: &Principal,
    operation: &str,
    action: &str,
    resource: &str,
    context: Context,
) -> Result<(), String> {
    access::ec2(account, who, action, resource, context).map_err(|trouble| refused(operation, trouble.why.as_str()))
}

fn volumes(account: &Account, region: &str) -> String {
    account.arn("ec2", region, "volume/")
}

/// Snapshots belong to no account in their ARN.
fn snapshots(account: &Account, region: &str) -> String {
    format!("arn:{}:ec2:{region}::snapshot/", account.partition)
}

fn in_region(region: &str) -> Context {
    Context::new().with("aws:RequestedRegion", region)
}

/// What the tags of a call that creates something are asked for with.
fn tagged(region: &str, action: &str, backup: &str) -> Context {
    in_region(region).with("ec2:CreateAction", action).with("aws:RequestTag/velero.io/backup", backup)
}

/// ec2:DescribeVolumes and ec2:CreateSnapshot with its tags; answers the snapshot's id.
pub(in crate::demo) fn snapshot_as(
    account: &mut Account,
    who: &Principal,
    region: &str,
    volume: &str,
    backup: &str,
) -> Result<String, String> {
    const CREATE: &str = "CreateSnapshot";
    ask(account, who, "DescribeVolumes", "ec2:DescribeVolumes", "*", in_region(region))?;
    let made = format!("{}*", snapshots(account, region));
    let of = format!("{}{volume}", volumes(account, region));
    let with_tag = in_region(region).with("aws:RequestTag/velero.io/backup", backup);
    ask(account, who, CREATE, "ec2:CreateSnapshot", &of, in_region(region))?;
    ask(account, who, CREATE, "ec2:CreateSnapshot", &made, with_tag)?;
    ask(account, who, CREATE, "ec2:CreateTags", &made, tagged(region, CREATE, backup))?;
    let id = format!("snap-{}", account.fresh_id("0", 17).to_lowercase());
    let snapshot = Snapshot { region: region.to_owned(), volume: volume.to_owned(), backup: backup.to_owned() };
    account.snapshots.insert(id.clone(), snapshot);
    Ok(id)
}

/// ec2:DescribeSnapshots and ec2:CreateVolume with its tags.
pub(in crate::demo) fn volume_as(
    account: &Account,
    who: &Principal,
    region: &str,
    snapshot: &str,
) -> Result<(), String> {
    const CREATE: &str = "CreateVolume";
    ask(account, who, "DescribeSnapshots", "ec2:DescribeSnapshots", "*", in_region(region))?;
    let Some(found) = account.snapshots.get(snapshot).filter(|found| found.region == region) else {
        return Err(format!("api error InvalidSnapshot.NotFound: The snapshot '{snapshot}' does not exist."));
    };
    let (made, of) = (volumes(account, region), snapshots(account, region));
    ask(account, who, CREATE, "ec2:CreateVolume", &format!("{made}*"), in_region(region))?;
    ask(account, who, CREATE, "ec2:CreateVolume", &format!("{of}{snapshot}"), in_region(region))?;
    ask(account, who, CREATE, "ec2:CreateTags", &format!("{made}*"), tagged(region, CREATE, &found.backup))
}

/// ec2:DeleteSnapshot of all that a backup made.
pub(in crate::demo) fn forget_as(account: &mut Account, who: &Principal, backup: &str) -> Result<(), String> {
    let its: Vec<(String, String)> = account
        .snapshots
        .iter()
        .filter(|(_, snapshot)| snapshot.backup == backup)
        .map(|(id, snapshot)| (id.clone(), snapshot.region.clone()))
        .collect();
    for (id, region) in its {
        let arn = format!("{}{id}", snapshots(account, &region));
        let context = in_region(&region).with("aws:ResourceTag/velero.io/backup", backup);
        ask(account, who, "DeleteSnapshot", "ec2:DeleteSnapshot", &arn, context)?;
        account.snapshots.remove(&id);
        account.touch();
    }
    Ok(())
}
