//! What all parts of one plan share: answers and facts, what follows from both, and what refutes them.

use super::answers::{Answers, EncryptionKind, Problem, Problems, SiteAnswer};
use super::cluster::owner::{Owner, Repository, owner};
use super::names::{Names, names};
use super::{Change, ChangeKind, Consent, Facts, KNOWN_AFTER_APPLY, Place, SiteFacts, Target, Way};
use crate::domain::{Identity, Issuer, Partition, Shown};
use crate::ports::{BucketHead, Object, Setting, Tags};
use serde_json::Value;

/// Answers and facts with what follows from both, for one cluster.
pub struct Scope<'a> {
    pub answers: &'a Answers,
    pub facts: &'a Facts,
    /// The cluster's own facts.
    pub site: &'a SiteFacts,
    /// 0 for the cluster that is backed up, then the restore clusters in the answers' order.
    pub at: usize,
    pub names: Names,
    /// How the install in this cluster is changed.
    pub way: Way,
    /// The tool's namespace in the cluster that is backed up.
    pub home: String,
    /// The OIDC issuer; always there with IRSA.
    pub issuer: Option<Issuer>,
    pub partition: Partition,
    pub cluster_arn: String,
    /// `managed-by` and the user's tags.
    pub tags: Tags,
    /// The key that encrypts the bucket, if it is not S3's own.
    pub key: Option<KeyUse>,
}

/// The key of the bucket's default encryption.
pub struct KeyUse {
    /// Its ARN, with `KNOWN-AFTER-APPLY` as id while it is to be made.
    pub arn: String,
    /// What stands for it in the digest: never what AWS gave.
    pub reference: String,
}

impl<'a> Scope<'a> {
    /// Resolves the names of every cluster, the one that is backed up first.
    ///
    /// # Errors
    /// What the account or a cluster refutes.
    pub fn all(answers: &'a Answers, facts: &'a Facts) -> Result<Vec<Self>, Problems> {
        let mut problems = Problems::default();
        let Some(partition) = check_partition(answers, facts, &mut problems) else { return Err(problems) };
        let places = answers.sites();
        let sites: Vec<&SiteFacts> = std::iter::once(&facts.site).chain(&facts.restores).collect();
        let mut scopes = Vec::with_capacity(places.len());
        for (at, (place, site)) in places.iter().zip(sites).enumerate() {
            let field = if at == 0 { "cluster.name".to_owned() } else { format!("restore_cluster[{}].name", at - 1) };
            let issuer = match check_cluster(answers.identity, site, &field) {
                Ok(issuer) => issuer,
                Err(problem) => {
                    problems.0.push(problem);
                    continue;
                }
            };
            let repeated = places.iter().filter(|other| other.name == place.name).count() > 1;
            let folder =
                if repeated && at > 0 { format!("{}.{}", place.name, place.region) } else { place.name.to_string() };
            let installed = match installed(answers, place, at, site) {
                Ok(installed) => installed,
                Err(problem) => {
                    problems.0.push(problem);
                    continue;
                }
            };
            let way = installed.way.clone();
            let names = names(answers, facts, site, place, at, folder, issuer.as_ref(), installed);
            let mut tags = answers.tags.clone();
            tags.insert("managed-by".to_owned(), "lifeboat".to_owned());
            let mut scope = Self {
                answers,
                facts,
                site,
                at,
                cluster_arn: site.cluster.arn.clone(),
                issuer,
                partition,
                tags,
                key: None,
                way,
                home: String::new(),
                names,
            };
            scope.key = scope.key_use();
            scopes.push(scope);
        }
        let home = scopes.first().map_or_else(String::new, |first| first.names.namespace.clone());
        for scope in &mut scopes {
            scope.home.clone_from(&home);
        }
        if problems.0.is_empty() { Ok(scopes) } else { Err(problems) }
    }

    /// The scope of the bucket alone: nothing is asked of the cluster, and nothing of it is refused.
    pub fn of_bucket(answers: &'a Answers, facts: &'a Facts) -> Option<Self> {
        let partition = Partition::of_arn(&facts.caller.arn).ok()?;
        let places = answers.sites();
        let place = places.first()?;
        let installed = Place::asked(answers, place);
        let (way, home) = (Way::Release, installed.namespace.clone());
        let names = names(answers, facts, &facts.site, place, 0, place.name.to_string(), None, installed);
        let cluster_arn = facts.site.cluster.arn.clone();
        let (site, tags) = (&facts.site, answers.tags.clone());
        let mut scope = Self {
            answers,
            facts,
            site,
            at: 0,
            cluster_arn,
            issuer: None,
            partition,
            tags,
            key: None,
            way,
            home,
            names,
        };
        scope.key = scope.key_use();
        Some(scope)
    }

    /// Whether this cluster is backed up; the others only restore.
    pub fn is_first(&self) -> bool {
        self.at == 0
    }

    /// The id of a change of this cluster.
    pub fn id(&self, base: &str) -> String {
        format!("{base}{}", self.names.suffix)
    }

    /// A change of this cluster; its `needs` are written without the suffix.
    pub fn change(&self, base: &str, kind: ChangeKind, title: impl Into<String>) -> Change {
        let mut change = Change::new(&self.id(base), kind, title);
        change.site = self.at;
        change.suffix.clone_from(&self.names.suffix);
        change
    }

    /// The issuer's host and path; empty without an issuer.
    pub fn issuer_path(&self) -> &str {
        self.issuer.as_ref().map_or("", Issuer::host_path)
    }

    /// The region of the cluster's EBS volumes: the one that their topology names, else the cluster's.
    pub fn volume_region(&self) -> &str {
        let regions = &self.site.kube.volumes.volumes.regions;
        let mut named = regions.iter();
        match (named.next(), named.next()) {
            (Some(region), None) => region,
            _ => &self.names.region,
        }
    }

    fn key_use(&self) -> Option<KeyUse> {
        let names = &self.names;
        let found = self.facts.key.as_ref().map(|key| key.key.arn.clone());
        match self.answers.encryption.kind {
            EncryptionKind::Kms => {
                let reference = self.answers.encryption.key.as_ref().map(ToString::to_string).unwrap_or_default();
                let unknown = format!(
                    "arn:{}:kms:{}:{}:key/{KNOWN_AFTER_APPLY}",
                    names.partition, names.bucket_region, names.account
                );
                Some(KeyUse { arn: found.unwrap_or(unknown), reference })
            }
            EncryptionKind::BucketDefault => found.map(|arn| KeyUse { arn, reference: "bucket-default".to_owned() }),
            EncryptionKind::SseS3 => None,
        }
    }

    /// Where the plan applies.
    pub fn target(&self) -> Target {
        Target::of(&self.names)
    }

    /// The repository that owns what is in this cluster, if one does.
    pub fn repository(&self) -> Option<&Repository> {
        match &self.way {
            Way::Repository(repository) => Some(repository),
            Way::Release | Way::InPlace => None,
        }
    }

    /// The location of ours, or what stands under its name.
    pub fn location(&self) -> Option<&Object> {
        let named = |one: &&Object| one["metadata"]["name"] == self.names.location.as_str();
        self.site.kube.locations.iter().find(named).or(self.site.kube.location.as_ref().filter(|_| self.is_first()))
    }

    /// What the answers say of a change of something that is not ours.
    pub fn consent(&self, change: &Change) -> Consent {
        let consent = &self.answers.consent;
        if consent.adopt.contains(&change.id) {
            Consent::Adopt
        } else if consent.leave.contains(&change.id) {
            Consent::Leave
        } else {
            Consent::None
        }
    }

    /// A bucket document as it is.
    pub fn setting(&self, setting: Setting) -> Option<&str> {
        self.facts.bucket.settings.get(&setting).map(String::as_str)
    }

    /// Whether the bucket is there.
    pub fn bucket_exists(&self) -> bool {
        matches!(self.facts.bucket.head, BucketHead::Ours(_))
    }

    /// What `kms:ViaService` is when S3 asks for the bucket.
    pub fn via_s3(&self) -> String {
        format!("s3.{}.{}", self.names.bucket_region, self.partition.dns_suffix())
    }

    /// The bucket's ARN.
    pub fn bucket_arn(&self) -> String {
        format!("arn:{}:s3:::{}", self.names.partition, self.names.bucket)
    }

    /// Whether the cluster writes under the prefix already, or the prefix is the cluster's own by its name (N14).
    pub fn uses_prefix(&self) -> bool {
        let (names, kube) = (&self.names, &self.site.kube);
        let there = kube.location.as_ref().map(|location| &location["spec"]["objectStorage"]);
        let prefix = |text: &Value| text.as_str().unwrap_or_default().trim_matches('/').to_owned();
        let located = there.is_some_and(|there| {
            there["bucket"] == names.bucket.as_str() && prefix(&there["prefix"]) == names.prefix.trim_matches('/')
        });
        located || self.answers.prefix() == self.answers.default_prefix()
    }

    /// Whether lifeboat made the bucket: it says so by its tag.
    pub fn bucket_is_ours(&self) -> bool {
        bucket_tags(self.setting(Setting::Tagging)).get("managed-by").is_some_and(|by| by == "lifeboat")
    }
}

/// The tags in a bucket's tagging document.
pub fn bucket_tags(document: Option<&str>) -> Tags {
    let Some(Ok(value)) = document.map(serde_json::from_str::<Value>) else { return Tags::new() };
    let pair = |tag: &Value| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned()));
    value["TagSet"].as_array().map(|set| set.iter().filter_map(pair).collect()).unwrap_or_default()
}

/// Where the tool is in a cluster; what a repository owns is changed there, whoever made the rest.
fn installed(answers: &Answers, place: &SiteAnswer<'_>, at: usize, site: &SiteFacts) -> Result<Place, Problem> {
    let mut found = site.found.clone();
    if found.releases.is_empty() {
        found.releases.extend(site.release.clone());
    }
    let mut installed = Place::of(answers, place, at, &found)?;
    let kube = &site.kube;
    let objects = [&kube.deployment, &kube.service_account, &kube.location];
    if let Some(repository) = objects.into_iter().flatten().find_map(|object| match owner(object) {
        Owner::Repository(repository) => Some(repository),
        _ => None,
    }) {
        installed.way = Way::Repository(repository);
    }
    Ok(installed)
}

/// N29: the region must be of the caller's own partition.
fn check_partition(answers: &Answers, facts: &Facts, problems: &mut Problems) -> Option<Partition> {
    let partition = match Partition::of_arn(&facts.caller.arn) {
        Ok(partition) => partition,
        Err(reason) => {
            problems.0.push(problem(
                "cluster.region",
                reason.what.as_str(),
                "the caller's ARN names no known partition",
                "",
            ));
            return None;
        }
    };
    let bucket_region = answers.bucket_region();
    let mut regions =
        vec![("cluster.region".to_owned(), &answers.cluster.region), ("bucket.region".to_owned(), &bucket_region)];
    let restores = answers.restore_clusters.iter().enumerate();
    regions.extend(restores.map(|(at, cluster)| (format!("restore_cluster[{at}].region"), &cluster.region)));
    for (field, region) in regions {
        if Partition::of_region(region).is_some_and(|of| of != partition) {
            problems.0.push(problem(
                &field,
                &format!("{region} is not in the partition {}", partition.as_str()),
                &format!("your credentials are of {}", facts.caller.arn),
                "Use credentials of that partition (--profile), or a region of this one",
            ));
        }
    }
    problems.0.is_empty().then_some(partition)
}

/// A17: a cluster that can be worked with is ACTIVE or UPDATING and, for IRSA, has an issuer.
fn check_cluster(identity: Identity, site: &SiteFacts, field: &str) -> Result<Option<Issuer>, Problem> {
    let cluster = &site.cluster;
    if !matches!(cluster.status.as_str(), "ACTIVE" | "UPDATING") {
        return Err(problem(
            field,
            &format!("the cluster {} is {}", cluster.name, cluster.status),
            &cluster.issues.join("; "),
            "Wait until it is ACTIVE, or choose another cluster",
        ));
    }
    let irsa = identity == Identity::Irsa;
    let Some(issuer) = &cluster.issuer else {
        let why = "EKS names none for it, so IAM cannot know its service accounts (IRSA)";
        let none = || problem("identity", &format!("the cluster {} has no OIDC issuer", cluster.name), why, "");
        return if irsa { Err(none()) } else { Ok(None) };
    };
    match Issuer::parse(issuer) {
        Ok(issuer) => Ok(Some(issuer)),
        Err(reason) if irsa => Err(problem(field, reason.what.as_str(), reason.why.as_str(), "")),
        Err(_) => Ok(None),
    }
}

/// A problem of a field.
pub fn problem(field: &str, what: &str, why: &str, todo: &str) -> Problem {
    Problem {
        field: field.to_owned(),
        line: None,
        what: Shown::new(what),
        why: Shown::new(why),
        todo: Shown::new(todo),
    }
}
