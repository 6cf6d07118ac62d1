#![doc = include_str!("../README.md")]

mod answer;
mod backend;
mod calendar;
mod certificates;
mod chat;
mod clock;
mod cluster;
mod endpoint;
mod faults;
mod forge;
mod ids;
pub mod laws;
mod monitoring;
mod peer;
mod server;
mod status_page;
mod told;
mod world;

pub use answer::{BoxError, RequestRecord};
pub use backend::Backend;
pub use calendar::Calendar;
pub use certificates::{CertificateError, Chain, ClientCertificate, KeyType, Leaf, TestCa};
pub use chat::{Chat, ChatMessage, ChatTrouble};
pub use clock::SimClock;
pub use cluster::{
    ADMIN, ANONYMOUS, AccessRule, Claim, Cluster, ClusterBuilder, ClusterError, ClusterServer,
    ClusterService, Crowd, ExecAnswer, Kubeconfig, NodeTrouble, PodTrouble, RESTRICTED, ScheduledJob,
    WebhookAnswer, Workload,
};
pub use endpoint::TlsEndpoint;
pub use faults::{Fault, FaultPlan, Faults};
pub use forge::{
    ForgeDialect, SimArtifact, SimChange, SimComment, SimCommit, SimForge, SimForgeState, SimLimit,
    SimReview, SimRun, SimTicket, TicketFate,
};
pub use monitoring::Monitoring;
pub use peer::Peer;
pub use status_page::{Maintenance, StatusPage};
pub use told::told;
pub use world::{DiskUsage, UnknownWorldFault, World, WorldError, WorldFault, WorldFile};
