//! The pods that a check is about.

use vapora_preflight::{CheckError, Problems, Requirements};

use crate::{
    LabelSelector, Namespace, ObjectName, WorkloadKind, WorkloadName,
    object::{Pod, ReplicaSet},
    read::Reader,
    resource::Resource,
    wording::names,
    workload::{Named, Workload},
};

/// How a check says which pods it is about: by their workloads, by their labels or by their names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PodChoice<'a> {
    pub(crate) namespace: &'a Namespace,
    pub(crate) workloads: &'a [WorkloadName],
    pub(crate) selector: Option<&'a LabelSelector>,
    pub(crate) pods: &'a [ObjectName],
}

/// The pods that were found.
#[derive(Debug, Default)]
pub(crate) struct Picked {
    pub(crate) pods: Vec<Pod>,
    /// What does not exist, or has no pods: a clause each.
    pub(crate) lacking: Vec<String>,
}

impl<'a> PodChoice<'a> {
    fn named(self) -> impl Iterator<Item = Named<'a>> {
        self.workloads.iter().map(|name| name.or(WorkloadKind::Deployment))
    }

    fn has_deployments(self) -> bool {
        self.named().any(|named| named.kind == WorkloadKind::Deployment)
    }

    /// Finds the pods, in the order of their names. Those of a workload are the ones that it owns, by their uids, whatever
    /// labels others may have.
    pub(crate) async fn pick(self, reader: &Reader<'_>) -> Result<Picked, CheckError> {
        let here = Some(self.namespace);
        let mut picked = Picked::default();
        for name in self.pods {
            match reader.get::<Pod>(here, name.as_str()).await? {
                Some(pod) => picked.pods.push(pod),
                None => picked.lacking.push(format!("the pod `{name}` does not exist")),
            }
        }
        if let Some(selector) = self.selector {
            picked.pods = reader.list::<Pod>(here, Some(selector)).await?.to_vec();
            if picked.pods.is_empty() {
                picked.lacking.push(format!("there are no pods with the labels `{selector}`"));
            }
        }
        if !self.workloads.is_empty() {
            self.pick_of_workloads(reader, &mut picked).await?;
        }
        Ok(picked)
    }

    async fn pick_of_workloads(self, reader: &Reader<'_>, picked: &mut Picked) -> Result<(), CheckError> {
        let here = Some(self.namespace);
        let mut workloads: Vec<(Named<'_>, Workload)> = Vec::new();
        for named in self.named() {
            match named.read(reader, self.namespace).await? {
                Some(workload) => workloads.push((named, workload)),
                None => picked.lacking.push(format!("`{named}` does not exist")),
            }
        }
        if workloads.is_empty() {
            return Ok(());
        }
        let pods = reader.list::<Pod>(here, None).await?;
        let has_sets = |(_, workload): &(Named<'_>, Workload)| matches!(workload, Workload::Deployment(_));
        let sets = if workloads.iter().any(has_sets) {
            reader.list::<ReplicaSet>(here, None).await?.to_vec()
        } else {
            Vec::new()
        };
        for (named, workload) in &workloads {
            let owners = workload.owners_of_pods(&sets);
            let is_own = |pod: &&Pod| pod.metadata.controlled_by().is_some_and(|uid| owners.contains(uid));
            let before = picked.pods.len();
            picked.pods.extend(pods.iter().filter(is_own).cloned());
            if picked.pods.len() == before {
                picked.lacking.push(format!("`{named}` has no pods"));
            }
        }
        Ok(())
    }

    /// The rights that [`pick`](Self::pick) uses.
    pub(crate) fn requires(self, needs: &mut Requirements) {
        let right = |verb| Resource::PODS.permission(verb, Some(self.namespace));
        for name in self.pods {
            needs.permission(right("get").named(name.as_str()));
        }
        if self.selector.is_some() || !self.workloads.is_empty() {
            needs.permission(right("list"));
        }
        for named in self.named() {
            named.requires(needs, self.namespace);
        }
        if self.has_deployments() {
            needs.permission(Resource::REPLICA_SETS.permission("list", Some(self.namespace)));
        }
    }

    /// Pods can be named in one way at a time.
    pub(crate) fn validate(self, problems: &mut Problems) {
        let given = [
            (!self.workloads.is_empty(), "workloads"),
            (self.selector.is_some(), "selector"),
            (!self.pods.is_empty(), "pods"),
        ];
        let given: Vec<&str> = given.into_iter().filter(|(given, _)| *given).map(|(_, name)| name).collect();
        match given.as_slice() {
            [_] => {}
            [] => problems.whole(
                "nothing says which pods it is about",
                "give `workloads`, as in `[\"deployment/vapora-backend\"]`, or a `selector`, or `pods`",
            ),
            several => {
                problems.whole(format!("{} are given", names(several)), "give one of them");
            }
        }
    }

    /// What they are called: `deployment/vapora-backend`, `app=vapora`, or the names of the pods.
    pub(crate) fn called(self) -> String {
        if let Some(selector) = self.selector {
            return format!("`{selector}`");
        }
        let workloads = self.named().map(|named| named.to_string());
        names(&workloads.chain(self.pods.iter().map(ToString::to_string)).collect::<Vec<_>>())
    }
}
