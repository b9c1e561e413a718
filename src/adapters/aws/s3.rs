//! S3 buckets: which there are, whose one is, making and deleting it.

use super::call::Call;
use super::config::{Clients, incomplete};
use super::retry::Mode;
use crate::domain::discovery::FoundBucket;
use crate::ports::{Answer, BucketHead, BucketRef, NewBucket, Tags};
use aws_sdk_s3::types::{BucketLocationConstraint, BucketNamespace, CreateBucketConfiguration, ObjectOwnership, Tag};

/// The region that `CreateBucket` takes without naming it, and refuses when it is named.
const UNNAMED: &str = "us-east-1";

/// Tags as the SDK takes them.
fn tags(tags: &Tags) -> Answer<Vec<Tag>> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build().map_err(|error| incomplete(&error));
    tags.iter().map(tag).collect()
}

/// s3:ListBuckets. Without a page size an account above the default quota is refused (A16), and S3 leaves the regions
/// out.
pub(super) async fn buckets(clients: &Clients) -> Answer<Vec<FoundBucket>> {
    // Named as its permission is.
    let call = &Call::read("s3:ListAllMyBuckets", "");
    let client = &clients.s3(clients.home(), Mode::Read);
    let found = call
        .pages(|token| async move {
            let page = client.list_buckets().max_buckets(1000).set_continuation_token(token).send().await;
            let page = page.map_err(|error| call.failed(error))?;
            let items = page.buckets().iter().filter_map(|bucket| {
                Some((bucket.name()?.to_owned(), bucket.bucket_region().unwrap_or_default().to_owned()))
            });
            Ok((items.collect(), page.continuation_token().map(str::to_owned)))
        })
        .await?;
    Ok(found.into_iter().map(|(name, region)| FoundBucket { name, region }).collect())
}

/// One `HeadBucket`: the answer, or the region that it points to.
enum Head {
    Known(BucketHead),
    Elsewhere(String),
}

/// s3:HeadBucket. An answer that points to another region is believed only after that region confirmed it: S3
/// names the region of foreign buckets too.
pub(super) async fn bucket(clients: &Clients, bucket: &BucketRef) -> Answer<BucketHead> {
    let call = Call::read("s3:HeadBucket", &bucket.name);
    match head(clients, &call, bucket, &bucket.region).await? {
        Head::Known(known) => Ok(known),
        Head::Elsewhere(region) => match head(clients, &call, bucket, &region).await? {
            Head::Known(known) => Ok(known),
            Head::Elsewhere(next) => {
                Err(call.unreadable(format!("{region} points to {next}, which is not where the bucket was looked for")))
            }
        },
    }
}

async fn head(clients: &Clients, call: &Call, bucket: &BucketRef, region: &str) -> Answer<Head> {
    let client = clients.s3(region, Mode::Read);
    let request = client.head_bucket().bucket(&bucket.name).expected_bucket_owner(&bucket.account);
    let error = match request.send().await {
        Ok(said) => {
            let named = said.bucket_region().filter(|named| !named.is_empty()).unwrap_or(region);
            return Ok(Head::Known(BucketHead::Ours(named.to_owned())));
        }
        Err(error) => error,
    };
    let Some(raw) = error.raw_response() else { return Err(call.failed(error)) };
    let status = raw.status().as_u16();
    let named = raw.headers().get("x-amz-bucket-region").map(str::to_owned);
    let elsewhere = named.filter(|named| named != region && !named.is_empty());
    match (status, elsewhere) {
        (404, _) => Ok(Head::Known(BucketHead::Absent)),
        (300..=399 | 400 | 403, Some(region)) => Ok(Head::Elsewhere(region)),
        (403, None) => Ok(Head::Known(BucketHead::Foreign)),
        _ => Err(call.failed(error)),
    }
}

/// s3:CreateBucket: owner, tags, namespace and Object Lock in the one call, no ACL.
pub(super) async fn create_bucket(clients: &Clients, new: &NewBucket) -> Answer<()> {
    let bucket = &new.bucket;
    let call = Call::create("s3:CreateBucket", &bucket.name);
    let place = (bucket.region != UNNAMED).then(|| BucketLocationConstraint::from(bucket.region.as_str()));
    let tags = Some(tags(&new.tags)?).filter(|tags| !tags.is_empty());
    let configuration = (place.is_some() || tags.is_some())
        .then(|| CreateBucketConfiguration::builder().set_location_constraint(place).set_tags(tags).build());
    clients
        .s3(&bucket.region, call.mode)
        .create_bucket()
        .bucket(&bucket.name)
        .object_ownership(ObjectOwnership::BucketOwnerEnforced)
        .set_create_bucket_configuration(configuration)
        .set_bucket_namespace(new.account_regional.then_some(BucketNamespace::AccountRegional))
        .set_object_lock_enabled_for_bucket(new.object_lock.then_some(true))
        .send()
        .await
        .map(drop)
        .map_err(|error| call.failed(error))
}

/// s3:DeleteBucket.
pub(super) async fn delete_bucket(clients: &Clients, bucket: &BucketRef) -> Answer<()> {
    let call = Call::put("s3:DeleteBucket", &bucket.name);
    let client = clients.s3(&bucket.region, call.mode);
    let request = client.delete_bucket().bucket(&bucket.name).expected_bucket_owner(&bucket.account);
    request.send().await.map(drop).map_err(|error| call.failed(error))
}
