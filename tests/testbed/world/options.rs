//! What a world has.

/// What a world has.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its clusters: name and region. The first one's region is lifeboat's default.
    pub clusters: Vec<(String, String)>,
    /// Whether its clusters give pods their role, as EKS does.
    pub webhook: bool,
    /// Whether its clusters have a node that runs pods.
    pub node: bool,
    /// The names of buckets that another account owns.
    pub foreign_buckets: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clusters: vec![("prod".to_owned(), "us-east-1".to_owned())],
            webhook: true,
            node: true,
            foreign_buckets: Vec::new(),
        }
    }
}

impl Options {
    /// Clusters whose pods only wait.
    pub fn without_node(mut self) -> Self {
        self.node = false;
        self
    }

    /// Clusters that hand no role to a pod.
    pub fn without_webhook(mut self) -> Self {
        self.webhook = false;
        self
    }

    /// A bucket that another account owns.
    pub fn foreign_bucket(mut self, name: &str) -> Self {
        self.foreign_buckets.push(name.to_owned());
        self
    }

    /// A second cluster, `dr` in us-west-2: its own etcd, API server, issuer and node. Twice the memory of one.
    pub fn second(self) -> Self {
        self.cluster("dr", "us-west-2")
    }

    /// One more cluster.
    pub fn cluster(mut self, name: &str, region: &str) -> Self {
        self.clusters.push((name.to_owned(), region.to_owned()));
        self
    }
}
