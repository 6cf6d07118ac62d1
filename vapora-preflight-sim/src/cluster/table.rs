//! Objects as rows: what `kubectl get` asks for.

mod age;
mod cluster;
mod column;
mod custom;
mod network;
mod node;
mod pod;
mod storage;
mod workload;

use serde_json::{Map, Value, json};
use vapora_preflight::Timestamp;

use self::column::Column;
use super::{form::metadata_only, kinds::ServedKind, reply::Reply, routes::Query, status, store::Store};

/// How the objects of one kind are shown in rows.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    now: i64,
    /// Whether a row has the metadata of its object, the whole object, or neither.
    include: Include,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Include {
    None,
    Metadata,
    Object,
}

impl Table {
    /// The table of a kind; an answer that says no where the simulation has none for it.
    pub(crate) fn of(store: &Store, kind: &ServedKind, query: &Query, now: Timestamp) -> Result<Self, Reply> {
        let include = match query.get("includeObject") {
            None | Some("Metadata") => Include::Metadata,
            Some("Object") => Include::Object,
            Some("None") => Include::None,
            Some(other) => {
                return Err(status::bad_request(&format!(
                    "unrecognized includeObject value: \"{other}\": must be one of None, Metadata, Object"
                )));
            }
        };
        let columns = built_in(kind)
            .or_else(|| custom::columns(store, kind))
            .ok_or_else(|| status::unknown_to_the_simulation(&format!("the table of `{}`", kind.stored)))?;
        Ok(Self { columns, now: now.unix_seconds(), include })
    }

    /// The whole of it; `metadata` is that of the list.
    pub(crate) fn show<'a>(&self, metadata: Value, objects: impl IntoIterator<Item = &'a Value>) -> Value {
        json!({
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata,
            "columnDefinitions": self.columns.iter().map(Column::definition).collect::<Vec<_>>(),
            "rows": objects.into_iter().map(|object| self.row(object)).collect::<Vec<_>>(),
        })
    }

    fn row(&self, object: &Value) -> Value {
        let cells: Vec<Value> = self.columns.iter().map(|column| column.cell(object, self.now)).collect();
        let mut row = Map::from_iter([("cells".to_owned(), cells.into())]);
        match self.include {
            Include::None => {}
            Include::Metadata => {
                row.insert("object".to_owned(), metadata_only(object));
            }
            Include::Object => {
                row.insert("object".to_owned(), object.clone());
            }
        }
        Value::Object(row)
    }
}

fn built_in(kind: &ServedKind) -> Option<Vec<Column>> {
    let columns = match &*kind.stored {
        "/pods" => pod::COLUMNS,
        "/nodes" => node::COLUMNS,
        "apps/deployments" => workload::DEPLOYMENTS,
        "apps/replicasets" | "/replicationcontrollers" => workload::REPLICA_SETS,
        "apps/statefulsets" => workload::STATEFUL_SETS,
        "apps/daemonsets" => workload::DAEMON_SETS,
        "batch/jobs" => workload::JOBS,
        "batch/cronjobs" => workload::CRON_JOBS,
        "autoscaling/horizontalpodautoscalers" => workload::AUTOSCALERS,
        "/services" => network::SERVICES,
        "/endpoints" => network::ENDPOINTS,
        "discovery.k8s.io/endpointslices" => network::ENDPOINT_SLICES,
        "networking.k8s.io/ingresses" => network::INGRESSES,
        "/persistentvolumeclaims" => storage::CLAIMS,
        "/persistentvolumes" => storage::VOLUMES,
        "storage.k8s.io/storageclasses" => storage::CLASSES,
        "/namespaces" => cluster::NAMESPACES,
        "/configmaps" => cluster::CONFIG_MAPS,
        "/secrets" => cluster::SECRETS,
        "/serviceaccounts" => cluster::SERVICE_ACCOUNTS,
        "/resourcequotas" => cluster::QUOTAS,
        "/events" => cluster::EVENTS,
        "policy/poddisruptionbudgets" => cluster::BUDGETS,
        "apiregistration.k8s.io/apiservices" => cluster::API_SERVICES,
        "/limitranges"
        | "rbac.authorization.k8s.io/roles"
        | "rbac.authorization.k8s.io/clusterroles"
        | "apiextensions.k8s.io/customresourcedefinitions" => column::NAME_AND_TIME,
        _ => return None,
    };
    Some(columns.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::kinds::Catalog;

    /// 23 November 2026, 12:10:30 in UTC.
    const NOW: i64 = 1_795_435_830;
    const THEN: &str = "2026-11-23T12:08:45Z";

    fn cells(api_version: &str, kind: &str, mut object: Value) -> Value {
        let kind = Catalog::default().of(api_version, kind).unwrap();
        object["metadata"]["name"] = "x".into();
        object["metadata"]["creationTimestamp"] = THEN.into();
        let table = Table::of(&Store::default(), &kind, &Query::default(), Timestamp::from_unix_seconds(NOW))
            .unwrap();
        table.show(json!({}), [&object])["rows"][0]["cells"].take()
    }

    #[test]
    fn each_kind_is_shown_in_its_own_columns() {
        let template = json!({ "spec": { "containers": [{ "name": "a", "image": "i:1" }, { "name": "b", "image": "j" }] } });
        let deployment = json!({
            "spec": { "replicas": 3, "selector": { "matchLabels": { "app": "x" } }, "template": template },
            "status": { "readyReplicas": 1, "updatedReplicas": 2 },
        });
        assert_eq!(
            cells("apps/v1", "Deployment", deployment),
            json!(["x", "1/3", 2, 0, "105s", "a,b", "i:1,j", "app=x"])
        );
        let service = json!({ "spec": {
            "type": "NodePort", "clusterIP": "10.0.0.9", "ports": [{ "port": 80, "nodePort": 30080, "protocol": "TCP" }],
        } });
        assert_eq!(
            cells("v1", "Service", service),
            json!(["x", "NodePort", "10.0.0.9", "<none>", "80:30080/TCP", "105s", "<none>"])
        );
        let job = json!({
            "spec": { "completions": 1, "template": template },
            "status": { "succeeded": 1, "startTime": THEN, "completionTime": "2026-11-23T12:09:00Z",
                "conditions": [{ "type": "Complete", "status": "True" }] },
        });
        assert_eq!(
            cells("batch/v1", "Job", job),
            json!(["x", "Complete", "1/1", "15s", "105s", "a,b", "i:1,j", "<none>"])
        );
        let claim = json!({
            "spec": { "volumeName": "pv", "storageClassName": "manual", "volumeMode": "Filesystem" },
            "status": { "phase": "Bound", "capacity": { "storage": "5Gi" }, "accessModes": ["ReadWriteMany", "ReadWriteOnce"] },
        });
        assert_eq!(
            cells("v1", "PersistentVolumeClaim", claim),
            json!(["x", "Bound", "pv", "5Gi", "RWO,RWX", "manual", "<unset>", "105s", "Filesystem"])
        );
        let event = json!({
            "type": "Warning", "reason": "BackOff", "message": "back-off ", "lastTimestamp": THEN, "firstTimestamp": THEN,
            "involvedObject": { "kind": "Pod", "name": "p" }, "source": { "component": "kubelet", "host": "node-1" }, "count": 4,
        });
        assert_eq!(
            cells("v1", "Event", event),
            json!(["105s", "Warning", "BackOff", "pod/p", "", "kubelet, node-1", "back-off", "105s", 4, "x"])
        );
        let scaler = json!({
            "spec": {
                "scaleTargetRef": { "kind": "Deployment", "name": "d" }, "minReplicas": 1, "maxReplicas": 5,
                "metrics": [
                    { "type": "Resource", "resource": { "name": "cpu", "target": { "type": "Utilization", "averageUtilization": 70 } } },
                    { "type": "Pods", "pods": { "metric": { "name": "q" }, "target": { "type": "AverageValue", "averageValue": "10" } } },
                ],
            },
            "status": { "currentReplicas": 2, "currentMetrics": [
                { "type": "Resource", "resource": { "name": "cpu", "current": { "averageUtilization": 41 } } },
            ] },
        });
        assert_eq!(
            cells("autoscaling/v2", "HorizontalPodAutoscaler", scaler),
            json!(["x", "Deployment/d", "cpu: 41%/70%, <unknown>/10", "1", 5, 2, "105s"])
        );
        assert_eq!(cells("v1", "LimitRange", json!({})), json!(["x", THEN]));
    }

    #[test]
    fn a_kind_without_a_table_here_is_said_to_have_none() {
        let kind = Catalog::default().of("coordination.k8s.io/v1", "Lease").unwrap();
        let now = Timestamp::from_unix_seconds(NOW);
        let refused = Table::of(&Store::default(), &kind, &Query::default(), now).unwrap_err();
        assert_eq!(refused.code, 501);
    }
}
