//! Helm's own record of releases: `sh.helm.release.v1.NAME.vREVISION`, a Secret (or `ConfigMap`) labelled
//! `owner=helm,name=NAME,version=REVISION`, whose `release` is base64 of gzip of JSON. In a Secret Kubernetes
//! adds its own base64. Source: helm `pkg/storage/driver`.

use crate::domain::Shown;
use crate::ports::{Answer, Kind, Kube, Object, Release, Trouble, TroubleKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;

/// The most that a record may unpack to: Helm's own Secret holds 1 MiB packed.
const UNPACKED: u64 = 64 * 1024 * 1024;

/// Where Helm keeps records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Driver {
    /// Secrets, the default.
    Secret,
    /// `ConfigMaps`.
    ConfigMap,
}

impl Driver {
    /// Out of `HELM_DRIVER`.
    pub(super) fn parse(name: &str) -> Answer<Self> {
        match name {
            "" | "secret" | "secrets" => Ok(Self::Secret),
            "configmap" | "configmaps" => Ok(Self::ConfigMap),
            other => Err(Trouble::new(TroubleKind::Refused, format!("HELM_DRIVER is '{other}'"))
                .why("lifeboat reads releases from Secrets and ConfigMaps only")
                .todo("unset HELM_DRIVER, or set it to secret or configmap")),
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Secret => Kind::Secret,
            Self::ConfigMap => Kind::ConfigMap,
        }
    }
}

/// The parts of a record that are read.
#[derive(Deserialize)]
struct Record {
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    version: i64,
    #[serde(default)]
    config: Option<Value>,
    #[serde(default)]
    info: Info,
    #[serde(default)]
    chart: Chart,
}

#[derive(Deserialize, Default)]
struct Info {
    #[serde(default)]
    status: String,
}

#[derive(Deserialize, Default)]
struct Chart {
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default, rename = "appVersion")]
    app_version: String,
}

/// The newest revision of a release.
pub(super) async fn newest(kube: &dyn Kube, driver: Driver, namespace: &str, name: &str) -> Answer<Option<Release>> {
    if namespace.is_empty() {
        return Err(Trouble::new(TroubleKind::Invalid, format!("the release '{name}' needs a namespace")));
    }
    let found = kube.list(driver.kind(), namespace, &format!("owner=helm,name={name}")).await?;
    let newest = found.iter().filter(|object| label(object, "name") == name).max_by_key(|object| revision(object));
    newest.map(|object| decode(driver, object)).transpose()
}

/// The newest revisions of all releases of a chart. A record that cannot be read is another tool's or broken:
/// it is left out with a warning, because it says no chart.
pub(super) async fn all_of(kube: &dyn Kube, driver: Driver, chart: &str) -> Answer<Vec<Release>> {
    // A superseded revision is never the newest; leaving them out spares most of the bytes.
    let found = kube.list(driver.kind(), "", "owner=helm,status!=superseded").await?;
    let mut newest: BTreeMap<(&str, &str), &Object> = BTreeMap::new();
    for object in &found {
        let key = (text(object, "/metadata/namespace"), label(object, "name"));
        match newest.get(&key) {
            Some(known) if revision(known) >= revision(object) => {}
            _ => drop(newest.insert(key, object)),
        }
    }
    let mut releases = Vec::new();
    for object in newest.into_values() {
        match decode(driver, object) {
            Ok(release) if release.chart == chart => releases.push(release),
            Ok(_) => {}
            Err(trouble) => tracing::warn!("a record of Helm was left out: {trouble}"),
        }
    }
    Ok(releases)
}

fn text<'a>(object: &'a Object, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn label<'a>(object: &'a Object, name: &str) -> &'a str {
    text(object, &format!("/metadata/labels/{name}"))
}

fn revision(object: &Object) -> i64 {
    label(object, "version").parse().unwrap_or(0)
}

fn decode(driver: Driver, object: &Object) -> Answer<Release> {
    let name = text(object, "/metadata/name");
    let place = format!("{}/{name}", text(object, "/metadata/namespace"));
    let wrong = |why: &str| {
        Trouble::new(TroubleKind::Unreadable, format!("Helm's record {name} cannot be read"))
            .why(why)
            .at("helm record", Shown::bounded(&place, 600).to_string())
    };
    let packed = text(object, "/data/release").as_bytes().to_vec();
    let packed = match driver {
        Driver::Secret => STANDARD.decode(packed).map_err(|_| wrong("its data is not base64"))?,
        Driver::ConfigMap => packed,
    };
    let packed = STANDARD.decode(packed).map_err(|_| wrong("its release is not base64"))?;
    let json = unpack(&packed).map_err(wrong)?;
    // The reason of a JSON error could quote the values, which may hold secrets.
    let record: Record = serde_json::from_slice(&json).map_err(|error| {
        wrong(&format!("it is no release in JSON (line {}, column {})", error.line(), error.column()))
    })?;
    let namespace =
        if record.namespace.is_empty() { text(object, "/metadata/namespace").to_owned() } else { record.namespace };
    Ok(Release {
        name: record.name,
        namespace,
        revision: if record.version > 0 { record.version } else { revision(object) },
        status: record.info.status,
        chart: record.chart.metadata.name,
        version: record.chart.metadata.version,
        app_version: record.chart.metadata.app_version,
        // No values given is written as null, or left out.
        values: record.config.filter(Value::is_object).unwrap_or_else(|| Value::Object(serde_json::Map::new())),
    })
}

/// Records of Helm 2's time are not packed; today's are.
fn unpack(packed: &[u8]) -> Result<Vec<u8>, &'static str> {
    if !packed.starts_with(&[0x1f, 0x8b, 0x08]) {
        return Ok(packed.to_vec());
    }
    let mut json = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(packed).take(UNPACKED + 1);
    reader.read_to_end(&mut json).map_err(|_| "its gzip is broken")?;
    if u64::try_from(json.len()).unwrap_or(u64::MAX) > UNPACKED {
        return Err("it unpacks to more than 64 MiB");
    }
    Ok(json)
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
