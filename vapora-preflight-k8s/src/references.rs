//! What objects name that has to be there besides: a dry run proves none of it.

use std::collections::BTreeSet;

use http::{Request, header};
use serde::Deserialize;
use serde_json::Value;
use vapora_preflight::{CheckError, Requirements};

use crate::{
    Namespace, ObjectName,
    apply::Item,
    read::{Reader, unreadable},
    refused::Cause,
    resource::Resource,
};

const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
/// What can be referred to.
const REFERRED: [Resource; 5] = [
    Resource::CONFIG_MAPS,
    Resource::SECRETS,
    Resource::SERVICE_ACCOUNTS,
    Resource::VOLUME_CLAIMS,
    Resource::SERVICES,
];

/// One thing that an object names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The object that names it.
    pub(crate) from: String,
    pub(crate) to: Resource,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The key of it that is needed.
    pub(crate) key: Option<String>,
}

impl Reference {
    /// `ConfigMap/vapora-config`.
    pub(crate) fn label(&self) -> String {
        format!("{}/{}", self.to.kind, self.name)
    }
}

/// Which references are not met.
#[derive(Debug, Default)]
pub(crate) struct Unmet {
    /// A clause for each.
    pub(crate) missing: Vec<String>,
    /// What could not be looked for, and the error of the first.
    pub(crate) unknown: Vec<String>,
    pub(crate) error: Option<CheckError>,
}

/// All that these objects need besides, each once for each object. What is optional is not needed.
pub(crate) fn references(items: &[&Item]) -> Vec<Reference> {
    let mut all = Vec::new();
    for item in items {
        let Some(namespace) = &item.namespace else { continue };
        let mut found = Needed { item, namespace, all: &mut all };
        let spec = &item.manifest.object["spec"];
        match (item.served.group.as_str(), item.served.kind.as_str()) {
            ("", "Pod") => found.pod(spec),
            ("" | "apps", "ReplicationController" | "ReplicaSet" | "Deployment" | "DaemonSet")
            | ("batch", "Job") => {
                found.pod(&spec["template"]["spec"]);
            }
            ("apps", "StatefulSet") => {
                found.add(Resource::SERVICES, &spec["serviceName"], None);
                found.pod(&spec["template"]["spec"]);
            }
            ("batch", "CronJob") => found.pod(&spec["jobTemplate"]["spec"]["template"]["spec"]),
            ("networking.k8s.io" | "extensions", "Ingress") => found.ingress(spec),
            _ => {}
        }
    }
    all
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

struct Needed<'a> {
    item: &'a Item,
    namespace: &'a str,
    all: &'a mut Vec<Reference>,
}

impl Needed<'_> {
    fn add(&mut self, to: Resource, name: &Value, key: Option<&Value>) {
        let Some(name) = name.as_str().filter(|name| !name.is_empty()) else { return };
        let reference = Reference {
            from: self.item.label.clone(),
            to,
            namespace: self.namespace.to_owned(),
            name: name.to_owned(),
            key: key.and_then(Value::as_str).map(str::to_owned),
        };
        if !self.all.contains(&reference) {
            self.all.push(reference);
        }
    }

    /// A reference that may say itself that it need not be met.
    fn unless_optional(&mut self, to: Resource, reference: &Value, name: &str, key: Option<&str>) {
        if reference["optional"] != true {
            self.add(to, &reference[name], key.map(|key| &reference[key]));
        }
    }

    fn pod(&mut self, spec: &Value) {
        let account = ["serviceAccountName", "serviceAccount"]
            .iter()
            .map(|field| &spec[*field])
            .find(|name| name.is_string());
        // every namespace has this one
        if let Some(account) = account.filter(|name| **name != "default") {
            self.add(Resource::SERVICE_ACCOUNTS, account, None);
        }
        for secret in list(&spec["imagePullSecrets"]) {
            self.add(Resource::SECRETS, &secret["name"], None);
        }
        for volume in list(&spec["volumes"]) {
            self.unless_optional(Resource::CONFIG_MAPS, &volume["configMap"], "name", None);
            self.unless_optional(Resource::SECRETS, &volume["secret"], "secretName", None);
            self.add(Resource::VOLUME_CLAIMS, &volume["persistentVolumeClaim"]["claimName"], None);
            for source in list(&volume["projected"]["sources"]) {
                self.unless_optional(Resource::CONFIG_MAPS, &source["configMap"], "name", None);
                self.unless_optional(Resource::SECRETS, &source["secret"], "name", None);
            }
        }
        for container in list(&spec["initContainers"]).chain(list(&spec["containers"])) {
            for source in list(&container["envFrom"]) {
                self.unless_optional(Resource::CONFIG_MAPS, &source["configMapRef"], "name", None);
                self.unless_optional(Resource::SECRETS, &source["secretRef"], "name", None);
            }
            for variable in list(&container["env"]) {
                let from = &variable["valueFrom"];
                self.unless_optional(Resource::CONFIG_MAPS, &from["configMapKeyRef"], "name", Some("key"));
                self.unless_optional(Resource::SECRETS, &from["secretKeyRef"], "name", Some("key"));
            }
        }
    }

    fn ingress(&mut self, spec: &Value) {
        // the second names are those of the versions before `networking.k8s.io/v1`
        let mut backends = vec![&spec["defaultBackend"], &spec["backend"]];
        let rules = list(&spec["rules"]).flat_map(|rule| list(&rule["http"]["paths"]));
        backends.extend(rules.map(|path| &path["backend"]));
        for backend in backends {
            self.add(Resource::SERVICES, &backend["service"]["name"], None);
            self.add(Resource::SERVICES, &backend["serviceName"], None);
        }
        // what cert-manager has not made yet, it makes
        let annotations = self.item.manifest.object["metadata"]["annotations"].as_object();
        if annotations.is_some_and(|all| all.keys().any(|key| key.starts_with("cert-manager.io/"))) {
            return;
        }
        for tls in list(&spec["tls"]) {
            self.add(Resource::SECRETS, &tls["secretName"], None);
        }
    }
}

/// The rights to look for what objects may refer to; which of them are used is seen only in the manifests.
pub(crate) fn may_look_for_references(needs: &mut Requirements, namespace: Option<&Namespace>) {
    for resource in REFERRED {
        needs.permission(resource.permission("get", namespace).optional());
    }
}

/// Looks for all of them, among the objects that are applied with them first and then in the cluster. Keys are looked for only
/// in what is applied.
pub(crate) async fn unmet(
    reader: &Reader<'_>,
    references: &[Reference],
    items: &[&Item],
) -> Result<Unmet, CheckError> {
    let mut unmet = Unmet::default();
    let mut in_cluster = Vec::new();
    for reference in references {
        let applied = items.iter().find(|item| {
            item.served.group == reference.to.group
                && item.served.kind == reference.to.kind
                && item.manifest.name == reference.name
                && item.namespace.as_deref() == Some(&reference.namespace)
        });
        match applied {
            None => in_cluster.push(reference),
            Some(applied) => {
                if let Some(key) =
                    reference.key.as_ref().filter(|key| !has_key(&applied.manifest.object, key))
                {
                    let (label, from) = (reference.label(), &reference.from);
                    unmet
                        .missing
                        .push(format!("`{from}` needs the key `{key}` of `{label}`, which does not have it"));
                }
            }
        }
    }
    let mut asked = BTreeSet::new();
    for reference in &in_cluster {
        if !asked.insert((reference.to.plural, reference.namespace.as_str(), reference.name.as_str())) {
            continue;
        }
        let same = in_cluster.iter().filter(|other| {
            (other.to, &other.namespace, &other.name) == (reference.to, &reference.namespace, &reference.name)
        });
        let mut from: Vec<&str> = same.map(|other| other.from.as_str()).collect();
        from.dedup();
        let label = reference.label();
        match reader.exists(reference.to, &reference.namespace, &reference.name).await {
            Ok(true) => {}
            Ok(false) => {
                unmet
                    .missing
                    .push(format!("`{label}` does not exist, which {} needs", crate::wording::names(&from)));
            }
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                unmet.unknown.push(label);
                unmet.error.get_or_insert(error);
            }
        }
    }
    Ok(unmet)
}

fn has_key(object: &Value, key: &str) -> bool {
    ["data", "binaryData", "stringData"].iter().any(|field| object[*field].get(key).is_some())
}

impl Reader<'_> {
    /// Whether an object exists. Its content is not asked for.
    async fn exists(&self, resource: Resource, namespace: &str, name: &str) -> Result<bool, CheckError> {
        #[derive(Deserialize)]
        struct Named {
            kind: String,
            metadata: crate::object::Meta,
        }
        let what = format!("look for the {} `{name}`", resource.noun);
        // no object has a name that Kubernetes would not take
        let (Ok(namespace), Ok(_)) = (Namespace::new(namespace), ObjectName::new(name)) else {
            return Ok(false);
        };
        let request = Request::get(format!("{}/{name}", resource.path(Some(&namespace))))
            .header(header::ACCEPT, METADATA)
            .body(Vec::new())?;
        let answer = self.send(&what, request).await?;
        if answer.is_absence_of(resource.plural, name) {
            return Ok(false);
        }
        if answer.status != http::StatusCode::OK {
            return Err(answer.refuses(&what));
        }
        let found: Named = serde_json::from_slice(&answer.body).map_err(|error| unreadable(&what, &error))?;
        if found.metadata.name != name
            || !["PartialObjectMetadata", resource.kind].contains(&found.kind.as_str())
        {
            return Err(unreadable(&what, &Cause("it is about another object".to_owned())));
        }
        Ok(true)
    }
}
