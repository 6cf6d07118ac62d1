//! A simulated world for tests of deployment checks: Kubernetes API servers, a backend, TLS endpoints, a clock.
//!
//! Nothing here is a mock of a client. The servers speak the real protocols on 127.0.0.1, so that a check under test
//! runs with the client it runs with in production, and meets what it would meet there: the `Status` bodies of a
//! kube-apiserver 1.36, lists that come in parts, rights that are missing, connections that are cut.
//!
//! - [`Cluster`] is a Kubernetes API server, in process ([`Cluster::service`]) or over TLS ([`Cluster::serve`]).
//! - [`Faults`] stand between any of the servers and its clients: see [`Fault`].
//! - [`Backend`] is an HTTP service with a health endpoint; [`TlsEndpoint`] is only a handshake, with certificates
//!   from a [`TestCa`].
//! - [`SimClock`] is the time of the simulated world, for the executor of `vapora_preflight` as for the servers.
//! - [`World`] is all of it put together as VAPORA's staging and production, with [`WorldFault`]s by name.
//!
//! Everything is the same in every run: names, tokens and identifiers are made from the names you give.
//!
//! ```
//! use k8s_openapi::api::core::v1::Node;
//! use kube::{Api, Client, Error, api::ListParams};
//! use vapora_preflight_sim::{Cluster, Fault, FaultPlan, NodeTrouble};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = Cluster::builder("staging").nodes(3).build();
//! let nodes = Api::<Node>::all(Client::new(cluster.service(), "default"));
//! assert_eq!(nodes.list(&ListParams::default()).await?.items.len(), 3);
//!
//! cluster.trouble_node("node-2", NodeTrouble::NotReady)?;
//! let node = nodes.get("node-2").await?;
//! let conditions = node.status.and_then(|status| status.conditions).unwrap_or_default();
//! assert!(conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "False"));
//!
//! cluster.faults().set(FaultPlan::nth(1, Fault::Status(503)));
//! let refused = nodes.list(&ListParams::default()).await;
//! assert!(matches!(refused, Err(Error::Api(status)) if status.code == 503));
//! # Ok(())
//! # }
//! ```

mod answer;
mod backend;
mod certificates;
mod clock;
mod cluster;
mod endpoint;
mod faults;
mod ids;
pub mod laws;
mod server;
mod world;

pub use answer::{BoxError, RequestRecord};
pub use backend::Backend;
pub use certificates::{CertificateError, Chain, KeyType, Leaf, TestCa};
pub use clock::SimClock;
pub use cluster::{
    ADMIN, ANONYMOUS, AccessRule, Cluster, ClusterBuilder, ClusterError, ClusterServer, ClusterService,
    Kubeconfig, NodeTrouble, PodTrouble, RESTRICTED, Workload,
};
pub use endpoint::TlsEndpoint;
pub use faults::{Fault, FaultPlan, Faults};
pub use world::{DiskUsage, UnknownWorldFault, World, WorldError, WorldFault};
