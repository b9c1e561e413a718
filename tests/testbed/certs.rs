//! A certificate authority of the test's own, and what it signs.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RsaKeySize,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The regions whose AWS hosts the certificate names.
pub const REGIONS: [&str; 3] = ["us-east-1", "us-west-2", "eu-central-1"];

/// A certificate and its key, PEM.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The certificate.
    pub cert: String,
    /// The key, PKCS #8.
    pub key: String,
}

impl Pair {
    /// A server's TLS configuration with this certificate, HTTP/1.1 only.
    pub fn server_config(&self) -> rustls::ServerConfig {
        let chain = vec![CertificateDer::from_pem_slice(self.cert.as_bytes()).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("a key");
        let mut config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("the provider has the versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("the key is the certificate's");
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }
}

fn provider() -> std::sync::Arc<rustls::crypto::CryptoProvider> {
    std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// The authority, and the files that programs read. One of each a test process.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// The authority's certificate, PEM.
    pub pem: String,
    /// For `localhost` and `127.0.0.1`.
    pub server: Pair,
    /// For AWS's hosts in [`REGIONS`], and loopback.
    pub aws: Pair,
    /// The service accounts' RSA key: private and public PEM.
    service_accounts: (String, String),
}

impl Authority {
    /// This process' authority.
    pub fn get() -> &'static Self {
        static AUTHORITY: LazyLock<Authority> = LazyLock::new(Authority::make);
        &AUTHORITY
    }

    fn make() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "lifeboat test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("the authority signs itself").pem();
        let issuer = Issuer::new(params, key);
        let loopback = ["localhost", "127.0.0.1"].map(str::to_owned);
        let mut hosts = loopback.to_vec();
        hosts.extend(["*.amazonaws.com", "*.s3.amazonaws.com", "*.api.aws"].map(str::to_owned));
        for region in REGIONS {
            hosts.extend([
                format!("*.{region}.amazonaws.com"),
                format!("*.s3.{region}.amazonaws.com"),
                format!("s3.dualstack.{region}.amazonaws.com"),
                format!("*.s3.dualstack.{region}.amazonaws.com"),
                format!("*.{region}.api.aws"),
            ]);
        }
        let server = sign(&issuer, &loopback);
        let aws = sign(&issuer, &hosts);
        let rsa = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("an RSA key");
        Self { issuer, pem, server, aws, service_accounts: (rsa.serialize_pem(), rsa.public_key_pem()) }
    }

    /// A server certificate for these hosts (names and addresses).
    pub fn issue(&self, hosts: &[String]) -> Pair {
        sign(&self.issuer, hosts)
    }

    /// A client's TLS configuration that trusts this authority alone, HTTP/1.1 only.
    pub fn client_config(&self) -> rustls::ClientConfig {
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("a certificate"))
            .expect("the authority's certificate");
        let mut config = rustls::ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("the provider has the versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }

    /// Writes all of it to `folder`.
    pub fn write(&self, folder: &Path) -> Files {
        std::fs::create_dir_all(folder).expect("the folder is made");
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).expect("a file is written");
            path
        };
        Files {
            ca: write("ca.crt", &self.pem),
            server_cert: write("server.crt", &self.server.cert),
            server_key: write("server.key", &self.server.key),
            aws_cert: write("aws.crt", &self.aws.cert),
            aws_key: write("aws.key", &self.aws.key),
            accounts_key: write("sa.key", &self.service_accounts.0),
            accounts_public: write("sa.pub", &self.service_accounts.1),
        }
    }
}

fn sign(issuer: &Issuer<'static, KeyPair>, hosts: &[String]) -> Pair {
    let mut params = CertificateParams::new(hosts).expect("hosts");
    params.distinguished_name.push(DnType::CommonName, hosts[0].clone());
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    let key = KeyPair::generate().expect("a key");
    let cert = params.signed_by(&key, issuer).expect("the authority signs");
    Pair { cert: cert.pem(), key: key.serialize_pem() }
}

/// Where [`Authority::write`] put everything.
#[derive(Clone, Debug)]
pub struct Files {
    /// The authority's certificate.
    pub ca: PathBuf,
    /// The API servers' certificate.
    pub server_cert: PathBuf,
    /// Its key.
    pub server_key: PathBuf,
    /// AWS's certificate.
    pub aws_cert: PathBuf,
    /// Its key.
    pub aws_key: PathBuf,
    /// Signs service account tokens.
    pub accounts_key: PathBuf,
    /// Proves them.
    pub accounts_public: PathBuf,
}
