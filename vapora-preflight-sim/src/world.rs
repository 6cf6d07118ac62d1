//! VAPORA's world: two clusters, their backends, an endpoint with TLS, the monitoring of production, a forge with pipelines,
//! disks, the files of the release machine, and what its people are told by.

mod fault;
mod files;
mod tracked;

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

pub use self::{
    fault::{UnknownWorldFault, WorldFault},
    files::WorldFile,
};
use serde_json::{Value, json};
use vapora_preflight::Timestamp;

use crate::{
    backend::Backend,
    calendar::Calendar,
    certificates::{CertificateError, Leaf, TestCa},
    chat::{Chat, ChatTrouble},
    clock::SimClock,
    cluster::{
        AccessRule, Cluster, ClusterBuilder, ClusterServer, ExecAnswer, Kubeconfig, NodeTrouble, PodTrouble,
        Workload,
    },
    endpoint::TlsEndpoint,
    faults::{Fault, FaultPlan},
    forge::SimForge,
    monitoring::Monitoring,
    status_page::StatusPage,
};

/// The name of the endpoint with TLS.
const PUBLIC_NAME: &str = "api.vapora.com";
const NAMESPACE: &str = "vapora";
/// The service account with which the release machine asks the clusters.
const RELEASE: &str = "release";
/// The CronJob that backs the database up.
const BACKUP: &str = "vapora-backup";
/// The StatefulSet that holds the database.
const DATABASE: &str = "surrealdb";
/// What a query for the requests that fail holds.
const ERRORS: &str = "4..|5..";
const FIRST_TAG: &str = "1.3.0";
const DEPLOYMENTS: [(&str, u32, u16); 3] =
    [("vapora-backend", 2, 8001), ("vapora-agents", 2, 8002), ("vapora-llm-router", 1, 8003)];

/// How full a file system is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskUsage {
    /// Where it is mounted.
    pub path: PathBuf,
    /// Its size.
    pub total_bytes: u64,
    /// What is free of it.
    pub free_bytes: u64,
    /// How many inodes it has.
    pub total_inodes: u64,
    /// How many of them are free.
    pub free_inodes: u64,
}

/// VAPORA on a staging and a production cluster, on real sockets of 127.0.0.1.
///
/// Each cluster has three Nodes and the namespace `vapora` with the Deployments `vapora-backend` (2 replicas),
/// `vapora-agents` (2) and `vapora-llm-router` (1), the StatefulSet `surrealdb` (1) and the ConfigMap `vapora-config`. All share
/// one [`SimClock`]. Faults hit production, and `namespace-missing` hits staging.
///
/// ```
/// use vapora_preflight_sim::{World, WorldFault};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let world = World::start(&[WorldFault::NodeCordoned], 1_796_133_600).await?;
/// assert!(world.kubeconfig().contains("name: \"production\""));
///
/// world.deploy("1.4.0")?;
/// world.inject(WorldFault::PodCrashLoop)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct World {
    clock: SimClock,
    staging: ClusterServer,
    production: ClusterServer,
    staging_backend: Backend,
    production_backend: Backend,
    endpoint: TlsEndpoint,
    monitoring: Monitoring,
    forge: SimForge,
    chat: Chat,
    status_page: StatusPage,
    calendar: Calendar,
    authority: TestCa,
    disks: Mutex<Vec<DiskUsage>>,
    artifacts: Mutex<Vec<WorldFile>>,
    /// Whether the newest file of a backup is cut short.
    damaged_backup: AtomicBool,
    edited_artifacts: AtomicBool,
    /// Whether the nightly backup does not run.
    no_backups: AtomicBool,
    /// Whether a deployment leaves the images as they are.
    no_images: AtomicBool,
}

/// A world that could not be started or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// A server could not be started.
    #[error("cannot start a simulated server")]
    Io(#[from] io::Error),
    /// A certificate could not be made.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A certificate could not be served.
    #[error("cannot serve the certificate")]
    Tls(#[from] rustls::Error),
    /// Something in a cluster could not be changed.
    #[error(transparent)]
    Cluster(#[from] crate::cluster::ClusterError),
}

fn release_rules() -> [AccessRule; 3] {
    let read = ["get", "list", "watch"];
    let everything = ["pods", "pods/log", "configmaps", "events", "services", "deployments", "replicasets"];
    let more =
        ["statefulsets", "daemonsets", "jobs", "cronjobs", "persistentvolumeclaims", "poddisruptionbudgets"];
    [
        AccessRule::new(read, [""], ["nodes", "namespaces"]).role("release-viewer"),
        AccessRule::new(read, ["", "apps", "batch", "policy"], everything.into_iter().chain(more))
            .in_namespaces([NAMESPACE])
            .role("release"),
        AccessRule::new(["create", "update", "patch"], ["apps"], ["deployments"])
            .in_namespaces([NAMESPACE])
            .role("release"),
    ]
}

fn image(deployment: &str, tag: &str) -> String {
    format!("registry.example.com/vapora/{deployment}:{tag}")
}

fn backup() -> Value {
    let container = json!({ "name": "backup", "image": "surrealdb/surrealdb:v3.0.0",
        "command": ["surreal", "export", "--endpoint", "ws://surrealdb:8000", "/backup/vapora.surql"] });
    json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": { "name": BACKUP, "namespace": NAMESPACE },
        "spec": {
            "schedule": "0 2 * * *",
            "concurrencyPolicy": "Forbid",
            "suspend": false,
            "jobTemplate": { "spec": { "template": { "spec": {
                "containers": [container], "restartPolicy": "OnFailure" } } } },
        },
        "status": {},
    })
}

fn builder(name: &str, clock: &SimClock) -> ClusterBuilder {
    let config = [
        ("LOG_LEVEL", "info"),
        ("agents.toml", "[registry]\nmax_agents_per_role = 5\n"),
        (
            "config.toml",
            "[server]\nhost = \"0.0.0.0\"\nport = 8001\n\n[database]\nurl = \"ws://surrealdb:8000\"\n",
        ),
        ("vapora.json", "{\"features\":{\"a2a\":true,\"mcp\":false}}"),
    ];
    let builder = Cluster::builder(name)
        .clock(clock.clone())
        .nodes(3)
        .namespace(NAMESPACE)
        .config_map(NAMESPACE, "vapora-config", config)
        .object(backup())
        .service_account(RELEASE, NAMESPACE, release_rules())
        .stateful_set(NAMESPACE, Workload::new(DATABASE, 1, "surrealdb/surrealdb:v3.0.0").port(8000));
    DEPLOYMENTS.into_iter().fold(builder, |builder, (name, replicas, port)| {
        let workload =
            Workload::new(name, replicas, image(name, FIRST_TAG)).port(port).env_from("vapora-config");
        builder.workload(NAMESPACE, workload)
    })
}

/// Says of the Deployments that they were made by `kubectl apply`, so that `kubectl apply --server-side` may take them over.
fn applied(cluster: &Cluster) -> Result<(), WorldError> {
    for (name, ..) in DEPLOYMENTS {
        cluster.edit("Deployment", NAMESPACE, name, |deployment| {
            let last = json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": { "name": name, "namespace": NAMESPACE }, "spec": deployment["spec"],
            });
            let annotation = "kubectl.kubernetes.io/last-applied-configuration";
            deployment["metadata"]["annotations"][annotation] = last.to_string().into();
        })?;
    }
    Ok(())
}

/// The monitoring of production, with what it measures of a release that does well: latencies in seconds, the share of requests
/// that fail, and the length of a queue.
async fn monitoring(clock: &SimClock) -> io::Result<Monitoring> {
    let monitoring = Monitoring::serve(Arc::new(clock.clone())).await?;
    for (text, number) in [
        ("histogram_quantile(0.50", 0.041),
        ("histogram_quantile(0.95", 0.182),
        ("histogram_quantile(0.99", 0.405),
        (ERRORS, 0.004),
        ("queue", 12.0),
    ] {
        monitoring.set_metric(text, number);
    }
    Ok(monitoring)
}

impl World {
    /// The service account with which the release machine asks both clusters.
    pub const ACCOUNT: &str = RELEASE;
    /// The tag of the images that the release brings, as its manifests say.
    pub const NEXT_TAG: &str = "2.0.0";
    /// The project on the forge.
    pub const PROJECT: &str = tracked::PROJECT;
    /// The token that the forge lets in.
    pub const FORGE_TOKEN: &str = tracked::TOKEN;
    /// The number of the ticket that tracks the deployment.
    pub const TICKET: u64 = tracked::TICKET;

    /// Starts everything, with these faults in it from the start, at this time in seconds of Unix time.
    pub async fn start(faults: &[WorldFault], now_unix_seconds: i64) -> Result<Self, WorldError> {
        Self::start_with(faults, now_unix_seconds, |production| production).await
    }

    /// The same, with more on production, such as a [crowd](ClusterBuilder::crowd) of Pods.
    pub async fn start_with(
        faults: &[WorldFault],
        now_unix_seconds: i64,
        more: impl FnOnce(ClusterBuilder) -> ClusterBuilder,
    ) -> Result<Self, WorldError> {
        let clock = SimClock::at_unix_seconds(now_unix_seconds);
        let authority = TestCa::root("Simulated Root")?.intermediate("Simulated Intermediate")?;
        let endpoint =
            TlsEndpoint::serve(&authority.issue(&Leaf::good(PUBLIC_NAME, now_unix_seconds))?).await?;
        let disk = |path: &str, total: u64, free: u64| DiskUsage {
            path: path.into(),
            total_bytes: total << 30,
            free_bytes: free << 30,
            total_inodes: total << 14,
            free_inodes: free << 14,
        };
        let world = Self {
            staging: builder("staging", &clock).build().serve().await?,
            production: more(builder("production", &clock)).build().serve().await?,
            staging_backend: Backend::serve(FIRST_TAG).await?,
            production_backend: Backend::serve(FIRST_TAG).await?,
            endpoint,
            monitoring: monitoring(&clock).await?,
            forge: tracked::forge().await?,
            chat: Chat::serve().await?,
            status_page: StatusPage::serve().await?,
            calendar: Calendar::serve().await?,
            authority,
            disks: Mutex::new(vec![disk("/", 40, 22), disk("/var/lib/vapora", 200, 131)]),
            artifacts: Mutex::default(),
            damaged_backup: AtomicBool::new(false),
            edited_artifacts: AtomicBool::new(false),
            no_backups: AtomicBool::new(false),
            no_images: AtomicBool::new(false),
            clock,
        };
        for server in [&world.staging, &world.production] {
            applied(server)?;
            for (name, ..) in DEPLOYMENTS {
                server.log_every(NAMESPACE, name, None, Duration::from_mins(1), |number| {
                    format!("{{\"level\":\"info\",\"message\":\"answered request {number}\"}}")
                });
            }
            server.on_exec(NAMESPACE, DATABASE, |command| match command {
                [program, ask, ..] if program == "surreal" && ask == "isready" => {
                    ExecAnswer::new("OK\n", "", 0)
                }
                _ => ExecAnswer::no_such_program(),
            });
        }
        // a change that is over, and the deployment itself
        let day = 24 * 60 * 60;
        let (past, next) = (now_unix_seconds - 7 * day, now_unix_seconds + 30 * 60 * 60);
        world.calendar.add("New disks for the database", "change", past, past + 60 * 60);
        world.calendar.add("VAPORA release", "change", next - 30 * 60, next + 60 * 60);
        world.back_up()?;
        *world.artifacts_now() = files::artifacts(&world.staging, now_unix_seconds)?;
        for fault in faults {
            world.inject(*fault)?;
        }
        Ok(world)
    }

    /// The clock of this world.
    pub fn clock(&self) -> &SimClock {
        &self.clock
    }

    /// The staging cluster.
    pub fn staging(&self) -> &ClusterServer {
        &self.staging
    }

    /// The production cluster.
    pub fn production(&self) -> &ClusterServer {
        &self.production
    }

    /// The backend on staging.
    pub fn staging_backend(&self) -> &Backend {
        &self.staging_backend
    }

    /// The backend on production.
    pub fn production_backend(&self) -> &Backend {
        &self.production_backend
    }

    /// What answers as `api.vapora.com`, with TLS.
    pub fn endpoint(&self) -> &TlsEndpoint {
        &self.endpoint
    }

    /// The Prometheus and the Alertmanager of production.
    pub fn monitoring(&self) -> &Monitoring {
        &self.monitoring
    }

    /// The forge with VAPORA's code, its ticket and its pipelines, which speaks as GitHub does.
    pub fn forge(&self) -> &SimForge {
        &self.forge
    }

    /// The deployment is scheduled for that time, which the ticket says from now on.
    pub fn schedule(&self, planned: Timestamp) {
        tracked::schedule(&self.forge, planned);
    }

    /// The pipeline makes the artifacts as they are now.
    pub fn publish_artifacts(&self) -> Result<(), WorldError> {
        tracked::publish(&self.forge, self.artifacts_archive()?);
        Ok(())
    }

    /// Where the team talks.
    pub fn chat(&self) -> &Chat {
        &self.chat
    }

    /// What the users are told of the state of VAPORA.
    pub fn status_page(&self) -> &StatusPage {
        &self.status_page
    }

    /// The calendar of all changes.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// How full the disks are.
    pub fn disks(&self) -> Vec<DiskUsage> {
        self.disks_now().clone()
    }

    fn disks_now(&self) -> MutexGuard<'_, Vec<DiskUsage>> {
        self.disks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn artifacts_now(&self) -> MutexGuard<'_, Vec<WorldFile>> {
        self.artifacts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the pipeline has made for the release: the manifests of the ConfigMap and the Deployments, and the
    /// configurations of all modes.
    pub fn artifacts(&self) -> Vec<WorldFile> {
        self.artifacts_now().clone()
    }

    /// The same files as they lie in the folder that somebody unpacked them into.
    pub fn unpacked_artifacts(&self) -> Vec<WorldFile> {
        let mut files = self.artifacts();
        if self.edited_artifacts.load(Ordering::SeqCst) {
            files::edit_by_hand(&mut files);
        }
        files
    }

    /// The same as a zip archive.
    pub fn artifacts_archive(&self) -> Result<Vec<u8>, WorldError> {
        files::zip(&self.artifacts_now())
    }

    /// The files of the nightly backup of the database: those of the last three nights, made at two o'clock, each with
    /// its checksum.
    pub fn backups(&self) -> Result<Vec<WorldFile>, WorldError> {
        const DAY: i64 = 24 * 60 * 60;
        let newest = (self.clock.unix_seconds() - 2 * 60 * 60).div_euclid(DAY) * DAY + 2 * 60 * 60;
        let late = if self.no_backups.load(Ordering::SeqCst) { 3 } else { 0 };
        let mut files = Vec::new();
        for night in late..late + 3 {
            let made = newest - night * DAY;
            let day = Timestamp::from_unix_seconds(made).to_string();
            files.extend(files::backup(day.get(..10).unwrap_or_default(), made)?);
        }
        if self.damaged_backup.load(Ordering::SeqCst)
            && let Some(newest) = files.first_mut()
        {
            newest.content.truncate(newest.content.len() / 3);
        }
        Ok(files)
    }

    /// A kubeconfig with the contexts `staging` (the current one) and `production`, both as the service account
    /// `release`, which may read in the namespace `vapora` and look at Nodes and namespaces.
    pub fn kubeconfig(&self) -> String {
        Kubeconfig::default()
            .context("staging", &self.staging, RELEASE)
            .context("production", &self.production, RELEASE)
            .to_string()
    }

    /// The deployment itself, on production: every Deployment gets the images of this tag and rolls out to its end, and
    /// the backend says the new version.
    pub fn deploy(&self, tag: &str) -> Result<(), WorldError> {
        let images = !self.no_images.load(Ordering::SeqCst);
        for (name, ..) in DEPLOYMENTS.into_iter().filter(|_| images) {
            self.production.roll_out(NAMESPACE, name, &image(name, tag))?;
        }
        self.production_backend.set_version(tag);
        Ok(())
    }

    /// The nightly backup of the database has run on production, and ended two hours ago.
    pub fn back_up(&self) -> Result<(), WorldError> {
        if self.no_backups.load(Ordering::SeqCst) {
            return Ok(());
        }
        let ended = self.clock.unix_seconds() - 2 * 60 * 60;
        let at = |seconds: i64| Timestamp::from_unix_seconds(seconds).to_string();
        self.production.edit("CronJob", NAMESPACE, BACKUP, |job| {
            job["status"] = json!({ "lastScheduleTime": at(ended - 300), "lastSuccessfulTime": at(ended) });
        })?;
        Ok(())
    }

    /// Lets something go wrong from now on.
    pub fn inject(&self, fault: WorldFault) -> Result<(), WorldError> {
        let production = &self.production;
        let pod = || production.pods_of(NAMESPACE, "vapora-backend").into_iter().next().unwrap_or_default();
        let now = self.clock.unix_seconds();
        match fault {
            WorldFault::NodeNotReady => production.trouble_node("node-2", NodeTrouble::NotReady)?,
            WorldFault::NodeCordoned => production.trouble_node("node-3", NodeTrouble::Cordoned)?,
            WorldFault::NodeMemoryPressure => {
                production.trouble_node("node-3", NodeTrouble::MemoryPressure)?;
            }
            WorldFault::NamespaceMissing => self.staging.remove("Namespace", "", NAMESPACE)?,
            WorldFault::DeploymentUnavailable => {
                production.trouble_pod(NAMESPACE, &pod(), PodTrouble::NotReady)?;
            }
            WorldFault::PodCrashLoop => production.trouble_pod(NAMESPACE, &pod(), PodTrouble::CrashLoop)?,
            WorldFault::PodImagePull => production.trouble_pod(NAMESPACE, &pod(), PodTrouble::ImagePull)?,
            WorldFault::PodPending => production.trouble_pod(NAMESPACE, &pod(), PodTrouble::Unschedulable)?,
            WorldFault::AccessDenied => production.set_rules(RELEASE, [])?,
            WorldFault::ApiUnreachable => {
                production.refuse_connections(true);
                // For the connections that are open already.
                production.faults().set(FaultPlan::every(Fault::Cut));
            }
            WorldFault::TokenRejected => production.reject_token(RELEASE, true)?,
            WorldFault::ApiSlow => production.faults().set(FaultPlan::every(Fault::Slow)),
            WorldFault::BackendUnhealthy => self.production_backend.set_degraded(true),
            WorldFault::CertificateExpired => {
                self.endpoint.replace(&self.authority.issue(&Leaf::expired(PUBLIC_NAME, now))?)?;
            }
            WorldFault::CertificateWrongName => {
                self.endpoint.replace(&self.authority.issue(&Leaf::good("www.example.net", now))?)?;
            }
            WorldFault::DatabaseDown => production.on_exec(NAMESPACE, DATABASE, |_| {
                ExecAnswer::new("", "Error: There was a problem with the database: Connection refused\n", 1)
            }),
            WorldFault::LogErrors => {
                production.log_every(NAMESPACE, "vapora-backend", None, Duration::from_mins(1), |_| {
                    "{\"level\":\"error\",\"message\":\"the connection to the database was refused\"}"
                        .to_owned()
                });
            }
            WorldFault::ConfigDrift => {
                self.staging.edit("ConfigMap", NAMESPACE, "vapora-config", |config| {
                    config["data"]["LOG_LEVEL"] = "trace".into();
                })?;
            }
            WorldFault::BackupStale => {
                self.no_backups.store(true, Ordering::SeqCst);
                let ended = Timestamp::from_unix_seconds(now - 3 * 24 * 60 * 60).to_string();
                self.production.edit("CronJob", NAMESPACE, BACKUP, |job| {
                    job["status"] = json!({ "lastScheduleTime": ended, "lastSuccessfulTime": ended });
                })?;
            }
            WorldFault::BackupDamaged => self.damaged_backup.store(true, Ordering::SeqCst),
            WorldFault::ArtifactMissing => {
                self.artifacts_now().retain(|file| file.name != "docker-compose.yml");
            }
            WorldFault::ArtifactEdited => self.edited_artifacts.store(true, Ordering::SeqCst),
            WorldFault::ManifestBroken => files::break_manifest(&mut self.artifacts_now()),
            WorldFault::NodeBusy => production.set_node_usage("node-2", 2_000, 31 << 30)?,
            WorldFault::MetricsMissing => production.without_metrics(),
            WorldFault::ImageUnchanged => self.no_images.store(true, Ordering::SeqCst),
            WorldFault::ErrorsHigh => self.monitoring.set_metric(ERRORS, 0.2),
            WorldFault::FiguresMissing => self.monitoring.forget_metrics(),
            WorldFault::AlertFiring => self.monitoring.fire("HighErrors", "critical"),
            WorldFault::TicketClosed => tracked::close_ticket(&self.forge),
            WorldFault::ReviewMissing => tracked::forget_review(&self.forge),
            WorldFault::PipelineFailed => tracked::break_pipeline(&self.forge),
            WorldFault::WebhookGone => self.chat.set_trouble(Some(ChatTrouble::Gone)),
            WorldFault::CalendarConflict => {
                self.calendar.add("Move the network", "change", now, now + 7 * 24 * 60 * 60);
            }
            WorldFault::DiskFull => {
                for disk in self.disks_now().iter_mut() {
                    disk.free_bytes = disk.total_bytes / 100;
                    disk.free_inodes = disk.total_inodes / 100;
                }
            }
        }
        Ok(())
    }
}
