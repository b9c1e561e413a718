//! The account.

mod access;
mod addon;
mod ec2;
mod eks;
mod iam;
mod kms;
mod objects;
mod pod_identity;
mod s3;
mod simulate;
mod sts;
mod wrong;

pub(super) use addon::AGENT;
pub(super) use ec2::{forget_as, snapshot_as, volume_as};
pub(super) use kms::{seeded as seeded_key, uuid};
pub(super) use objects::{delete_as, folders_as, get_as, head_as, list_as, put as put_object, put_as, tag_as};
pub(super) use pod_identity::{Asking, assume};
pub(super) use s3::fresh as fresh_bucket;
pub(super) use sts::{Claims, Principal, exchange, principal, token};

use super::World;
use super::state::State;
use crate::domain::discovery::{FoundBucket, FoundKey};
use crate::ports::{
    Addon, AddonVersion, Answer, Asked, AssociatedAccount, Association, Aws, BucketHead, BucketRef, Caller, Cluster,
    Key, NewAssociation, NewBucket, NewKey, NewRole, ObjectVersion, Provider, RegionState, Role, Session, Setting,
    Simulated, Tags, WebIdentity,
};
use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

#[async_trait]
impl Aws for World {
    async fn caller(&self) -> Answer<Caller> {
        self.call("sts:GetCallerIdentity", |s| {
            let a = &s.account;
            Ok(Caller { account: a.id.clone(), arn: a.caller.clone(), partition: a.partition.clone() })
        })
        .await
    }
    async fn home(&self) -> Answer<String> {
        Ok(eks::HOME.to_owned())
    }
    async fn regions(&self) -> Answer<Vec<RegionState>> {
        let state = |(name, enabled): (&String, &bool)| RegionState { name: name.clone(), enabled: *enabled };
        self.call("account:ListRegions", |s| Ok(s.account.regions.iter().map(state).collect())).await
    }
    async fn clusters(&self, region: &str) -> Answer<Vec<String>> {
        self.call("eks:ListClusters", |s| Ok(eks::clusters(s, region))).await
    }
    async fn cluster(&self, region: &str, name: &str) -> Answer<Option<Cluster>> {
        self.call("eks:DescribeCluster", |s| Ok(eks::cluster(s, region, name))).await
    }
    async fn addon(&self, region: &str, cluster: &str, name: &str) -> Answer<Option<Addon>> {
        self.call("eks:DescribeAddon", |s| Ok(addon::addon(s, region, cluster, name))).await
    }
    async fn create_addon(&self, region: &str, cluster: &str, name: &str, version: &str, tags: &Tags) -> Answer<()> {
        self.call("eks:CreateAddon", |s| addon::create(s, [region, cluster, name, version], tags)).await
    }
    async fn delete_addon(&self, region: &str, cluster: &str, name: &str) -> Answer<()> {
        self.call("eks:DeleteAddon", |s| {
            addon::delete(s, region, cluster, name);
            Ok(())
        })
        .await
    }
    async fn addon_versions(&self, _region: &str, name: &str, _kubernetes: &str) -> Answer<Vec<AddonVersion>> {
        self.call("eks:DescribeAddonVersions", |_| Ok(addon::versions(name))).await
    }
    async fn associated(&self, region: &str, cluster: &str) -> Answer<Vec<AssociatedAccount>> {
        self.call("eks:ListPodIdentityAssociations", |s| Ok(pod_identity::list(s, region, cluster))).await
    }
    async fn associations(
        &self,
        region: &str,
        cluster: &str,
        accounts: &[(String, String)],
    ) -> Answer<Vec<Association>> {
        let listed = self.associated(region, cluster).await?;
        let mut found = Vec::new();
        for one in accounts {
            let same = |a: &&AssociatedAccount| a.namespace == one.0 && a.service_account == one.1;
            let Some(AssociatedAccount { id, .. }) = listed.iter().find(same) else { continue };
            let call = "eks:DescribePodIdentityAssociation";
            found.extend(self.call(call, |s| Ok(pod_identity::describe(s, region, cluster, id))).await?);
        }
        Ok(found)
    }
    async fn create_association(&self, new: &NewAssociation) -> Answer<Association> {
        self.call("eks:CreatePodIdentityAssociation", |s| pod_identity::create(s, new)).await
    }
    async fn update_association(
        &self,
        region: &str,
        cluster: &str,
        id: &str,
        role_arn: &str,
        _token: &str,
    ) -> Answer<()> {
        const CALL: &str = "eks:UpdatePodIdentityAssociation";
        self.call(CALL, |s| pod_identity::update(s, region, cluster, id, role_arn)).await
    }
    async fn delete_association(&self, region: &str, cluster: &str, id: &str) -> Answer<()> {
        self.call("eks:DeletePodIdentityAssociation", |s| {
            pod_identity::delete(s, region, cluster, id);
            Ok(())
        })
        .await
    }
    async fn cluster_token(&self, region: &str, name: &str) -> Answer<(SecretString, Timestamp)> {
        Ok(self.look(|s| eks::token(s, region, name)))
    }

    async fn providers(&self) -> Answer<Vec<String>> {
        self.call("iam:ListOpenIDConnectProviders", |s| Ok(s.account.providers.keys().cloned().collect())).await
    }
    async fn provider(&self, arn: &str) -> Answer<Option<Provider>> {
        self.call("iam:GetOpenIDConnectProvider", |s| Ok(iam::provider(&s.account, arn))).await
    }
    async fn create_provider(&self, issuer: &str, audiences: &[String], tags: &Tags) -> Answer<String> {
        self.call("iam:CreateOpenIDConnectProvider", |s| iam::create_provider(&mut s.account, issuer, audiences, tags))
            .await
    }
    async fn add_audience(&self, arn: &str, audience: &str) -> Answer<()> {
        const CALL: &str = "iam:AddClientIDToOpenIDConnectProvider";
        self.call(CALL, |s| iam::change_audience(&mut s.account, CALL, arn, audience, true)).await
    }
    async fn remove_audience(&self, arn: &str, audience: &str) -> Answer<()> {
        const CALL: &str = "iam:RemoveClientIDFromOpenIDConnectProvider";
        self.call(CALL, |s| iam::change_audience(&mut s.account, CALL, arn, audience, false)).await
    }
    async fn delete_provider(&self, arn: &str) -> Answer<()> {
        self.call("iam:DeleteOpenIDConnectProvider", |s| {
            iam::delete_provider(&mut s.account, arn);
            Ok(())
        })
        .await
    }
    async fn roles_trusting(&self, provider: &str) -> Answer<Vec<String>> {
        self.call("iam:ListRoles", |s| Ok(iam::roles_trusting(&s.account, provider))).await
    }

    async fn role(&self, name: &str) -> Answer<Option<Role>> {
        self.call("iam:GetRole", |s| Ok(iam::role(&s.account, name))).await
    }
    async fn create_role(&self, role: &NewRole) -> Answer<Role> {
        self.call("iam:CreateRole", |s| iam::create_role(&mut s.account, role)).await
    }
    async fn delete_role(&self, name: &str) -> Answer<()> {
        self.call("iam:DeleteRole", |s| iam::delete_role(&mut s.account, name)).await
    }
    async fn put_trust(&self, role: &str, document: &str) -> Answer<()> {
        self.call("iam:UpdateAssumeRolePolicy", |s| iam::put_trust(&mut s.account, role, document)).await
    }
    async fn describe_role(&self, role: &str, description: &str) -> Answer<()> {
        const CALL: &str = "iam:UpdateRole";
        self.call(CALL, |s| {
            description.clone_into(&mut iam::of(&mut s.account, CALL, role)?.description);
            Ok(())
        })
        .await
    }
    async fn put_boundary(&self, role: &str, boundary: &str) -> Answer<()> {
        self.call("iam:PutRolePermissionsBoundary", |s| iam::put_boundary(&mut s.account, role, boundary)).await
    }
    async fn tag_role(&self, role: &str, tags: &Tags) -> Answer<()> {
        const CALL: &str = "iam:TagRole";
        self.call(CALL, |s| {
            iam::of(&mut s.account, CALL, role)?.tags.extend(tags.clone());
            Ok(())
        })
        .await
    }
    async fn untag_role(&self, role: &str, keys: &[String]) -> Answer<()> {
        const CALL: &str = "iam:UntagRole";
        self.call(CALL, |s| {
            iam::of(&mut s.account, CALL, role)?.tags.retain(|key, _| !keys.contains(key));
            Ok(())
        })
        .await
    }
    async fn role_policies(&self, role: &str) -> Answer<Vec<String>> {
        const CALL: &str = "iam:ListRolePolicies";
        self.call(CALL, |s| Ok(iam::read(&s.account, CALL, role)?.inline.value.keys().cloned().collect())).await
    }
    async fn role_policy(&self, role: &str, policy: &str) -> Answer<Option<String>> {
        let found = |s: &State| s.account.roles.get(&role.to_lowercase())?.inline.value.get(policy).cloned();
        self.call("iam:GetRolePolicy", |s| Ok(found(s))).await
    }
    async fn put_role_policy(&self, role: &str, policy: &str, document: &str) -> Answer<()> {
        self.call("iam:PutRolePolicy", |s| iam::put_policy(&mut s.account, role, policy, document)).await
    }
    async fn delete_role_policy(&self, role: &str, policy: &str) -> Answer<()> {
        self.call("iam:DeleteRolePolicy", |s| {
            iam::delete_policy(&mut s.account, role, policy);
            Ok(())
        })
        .await
    }
    async fn attached_policies(&self, role: &str) -> Answer<Vec<String>> {
        const CALL: &str = "iam:ListAttachedRolePolicies";
        self.call(CALL, |s| Ok(iam::read(&s.account, CALL, role)?.attached.clone())).await
    }
    async fn attach_policy(&self, role: &str, policy_arn: &str) -> Answer<()> {
        self.call("iam:AttachRolePolicy", |s| iam::attach(&mut s.account, role, policy_arn)).await
    }
    async fn detach_policy(&self, role: &str, policy_arn: &str) -> Answer<()> {
        self.call("iam:DetachRolePolicy", |s| {
            iam::detach(&mut s.account, role, policy_arn);
            Ok(())
        })
        .await
    }
    async fn managed_policy(&self, arn: &str) -> Answer<Option<String>> {
        self.call("iam:GetPolicyVersion", |s| Ok(s.account.policies.get(arn).cloned())).await
    }
    async fn simulate(&self, principal: &str, asked: &[Asked]) -> Answer<Vec<Simulated>> {
        self.call("iam:SimulatePrincipalPolicy", |s| simulate::simulate(&s.account, principal, asked)).await
    }

    async fn buckets(&self) -> Answer<Vec<FoundBucket>> {
        self.call("s3:ListAllMyBuckets", |s| Ok(s3::buckets(&s.account))).await
    }
    async fn bucket(&self, bucket: &BucketRef) -> Answer<BucketHead> {
        self.call("s3:HeadBucket", |s| Ok(s3::head(&s.account, bucket))).await
    }
    async fn create_bucket(&self, bucket: &NewBucket) -> Answer<()> {
        self.call("s3:CreateBucket", |s| s3::create(&mut s.account, bucket)).await
    }
    async fn delete_bucket(&self, bucket: &BucketRef) -> Answer<()> {
        self.call("s3:DeleteBucket", |s| s3::delete(&mut s.account, bucket)).await
    }
    async fn setting(&self, bucket: &BucketRef, setting: Setting) -> Answer<Option<String>> {
        self.call(s3::get_call(setting), |s| s3::setting(&s.account, bucket, setting)).await
    }
    async fn requester_pays(&self, bucket: &BucketRef) -> Answer<Option<bool>> {
        self.call("s3:GetBucketRequestPayment", |s| s3::requester_pays(&s.account, bucket)).await
    }
    async fn put_setting(&self, bucket: &BucketRef, setting: Setting, document: &str) -> Answer<()> {
        self.call(s3::put_call(setting), |s| s3::put_setting(&mut s.account, bucket, setting, document)).await
    }
    async fn delete_setting(&self, bucket: &BucketRef, setting: Setting) -> Answer<()> {
        self.call(s3::put_call(setting), |s| s3::delete_setting(&mut s.account, bucket, setting)).await
    }
    async fn versions(&self, bucket: &BucketRef, prefix: &str, limit: usize) -> Answer<Vec<ObjectVersion>> {
        self.call("s3:ListBucketVersions", |s| objects::versions(&s.account, bucket, prefix, limit)).await
    }
    async fn top_level(&self, bucket: &BucketRef, prefix: &str) -> Answer<Vec<String>> {
        self.call("s3:ListBucket", |s| objects::top_level(&s.account, bucket, prefix)).await
    }
    async fn object(&self, bucket: &BucketRef, key: &str) -> Answer<Option<u64>> {
        self.call("s3:GetObject", |s| objects::size(&s.account, bucket, key)).await
    }
    async fn keys(&self, bucket: &BucketRef, prefix: &str, limit: usize) -> Answer<Vec<(String, u64)>> {
        self.call("s3:ListBucket", |s| objects::sizes(&s.account, bucket, prefix, limit)).await
    }
    async fn delete_versions(&self, bucket: &BucketRef, versions: &[ObjectVersion]) -> Answer<()> {
        self.call("s3:DeleteObjectVersion", |s| objects::delete_versions(&mut s.account, bucket, versions)).await
    }

    async fn key(&self, region: &str, id: &str) -> Answer<Option<Key>> {
        self.call("kms:DescribeKey", |s| Ok(kms::key(&s.account, region, id))).await
    }
    async fn key_policy(&self, region: &str, id: &str) -> Answer<Option<String>> {
        self.call("kms:GetKeyPolicy", |s| Ok(kms::policy(&s.account, region, id))).await
    }
    async fn alias(&self, region: &str, alias: &str) -> Answer<Option<String>> {
        self.call("kms:ListAliases", |s| Ok(s.account.aliases.get(&format!("{region}/{alias}")).cloned())).await
    }
    async fn aliases(&self, region: &str) -> Answer<Vec<FoundKey>> {
        self.call("kms:ListAliases", |s| Ok(kms::aliases(&s.account, region))).await
    }
    async fn create_key(&self, key: &NewKey) -> Answer<Key> {
        self.call("kms:CreateKey", |s| kms::create(&mut s.account, key)).await
    }
    async fn create_alias(&self, region: &str, alias: &str, key: &str) -> Answer<()> {
        self.call("kms:CreateAlias", |s| kms::create_alias(&mut s.account, region, alias, key)).await
    }
    async fn delete_alias(&self, region: &str, alias: &str) -> Answer<()> {
        self.call("kms:DeleteAlias", |s| {
            kms::delete_alias(&mut s.account, region, alias);
            Ok(())
        })
        .await
    }
    async fn rotation(&self, region: &str, key: &str) -> Answer<Option<i32>> {
        self.call("kms:GetKeyRotationStatus", |s| kms::rotation(&s.account, region, key)).await
    }
    async fn rotate(&self, region: &str, key: &str, days: i32) -> Answer<()> {
        self.call("kms:EnableKeyRotation", |s| kms::rotate(&mut s.account, region, key, Some(days))).await
    }
    async fn stop_rotation(&self, region: &str, key: &str) -> Answer<()> {
        self.call("kms:DisableKeyRotation", |s| kms::rotate(&mut s.account, region, key, None)).await
    }

    async fn exchange(&self, identity: &WebIdentity) -> Answer<Session> {
        self.call("sts:AssumeRoleWithWebIdentity", |s| exchange(&mut s.account, identity)).await
    }
    async fn list_as(&self, session: &Session, bucket: &BucketRef, prefix: &str) -> Answer<Vec<String>> {
        self.call("s3:ListBucket", |s| {
            let who = principal(&s.account, "s3:ListBucket", &session.id)?;
            list_as(&s.account, &who, bucket, prefix)
        })
        .await
    }
    async fn put_as(&self, session: &Session, bucket: &BucketRef, key: &str, body: &[u8]) -> Answer<String> {
        self.call("s3:PutObject", |s| {
            let who = principal(&s.account, "s3:PutObject", &session.id)?;
            put_as(&mut s.account, &who, bucket, key, body)
        })
        .await
    }
    async fn get_as(&self, session: &Session, bucket: &BucketRef, key: &str) -> Answer<Vec<u8>> {
        self.call("s3:GetObject", |s| {
            let who = principal(&s.account, "s3:GetObject", &session.id)?;
            get_as(&s.account, &who, bucket, key)
        })
        .await
    }
    async fn delete_as(&self, session: &Session, bucket: &BucketRef, key: &str) -> Answer<()> {
        self.call("s3:DeleteObject", |s| {
            let who = principal(&s.account, "s3:DeleteObject", &session.id)?;
            delete_as(&mut s.account, &who, bucket, key)
        })
        .await
    }
}
