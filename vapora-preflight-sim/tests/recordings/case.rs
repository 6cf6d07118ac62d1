//! How one recording is replayed.

use serde_json::Value;
use vapora_preflight_sim::{Cluster, ClusterError};

use crate::recording::Request;

/// A step that brings a cluster into the state of a recording.
pub(crate) type Before = fn(&Cluster) -> Result<(), ClusterError>;

/// Which parts of an answer are compared.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Compared {
    /// All of it, but for what is different in every cluster.
    Whole,
    /// Status and headers, and this of the body; the reason says what is left out, and why.
    Part { of: fn(&Value) -> Value, reason: &'static str },
    /// What was answered in protobuf is answered here in JSON, which the request takes as well: status and headers,
    /// and the body where it was recorded in JSON too.
    InJson { like: Option<&'static str> },
    /// It cannot be answered here: the simulation has to say so with 501.
    Refused { reason: &'static str },
}

/// Where a request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// In process.
    Service,
    /// Over TLS.
    Tls,
    /// To the port of TLS, without TLS.
    Plain,
}

/// One recording, the state of the world before it, and what is compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) recording: &'static str,
    pub(crate) world: fn() -> Result<Cluster, ClusterError>,
    pub(crate) before: Option<Before>,
    /// The recordings that are replayed on the same cluster before this one.
    pub(crate) after: &'static [&'static str],
    /// Puts into the request what is different in every cluster.
    pub(crate) adapt: Option<fn(&Cluster, &mut Request)>,
    pub(crate) way: Way,
    pub(crate) compared: Compared,
}

/// A recording that is replayed in the world of the recordings and compared whole.
pub(crate) const fn case(recording: &'static str) -> Case {
    Case {
        recording,
        world: crate::world::recorded,
        before: None,
        after: &[],
        adapt: None,
        way: Way::Service,
        compared: Compared::Whole,
    }
}

impl Case {
    /// In a cluster that the builder made, not one with the recorded objects: so that these are compared too.
    pub(crate) const fn built(self) -> Self {
        Self { world: crate::world::built, ..self }
    }

    pub(crate) const fn before(self, before: Before) -> Self {
        Self { before: Some(before), ..self }
    }

    pub(crate) const fn after(self, after: &'static [&'static str]) -> Self {
        Self { after, ..self }
    }

    pub(crate) const fn adapt(self, adapt: fn(&Cluster, &mut Request)) -> Self {
        Self { adapt: Some(adapt), ..self }
    }

    pub(crate) const fn way(self, way: Way) -> Self {
        Self { way, ..self }
    }

    pub(crate) const fn part(self, reason: &'static str, of: fn(&Value) -> Value) -> Self {
        Self { compared: Compared::Part { of, reason }, ..self }
    }

    pub(crate) const fn in_json(self) -> Self {
        Self { compared: Compared::InJson { like: None }, ..self }
    }

    /// The same, and the body is that of another recording.
    pub(crate) const fn in_json_like(self, recording: &'static str) -> Self {
        Self { compared: Compared::InJson { like: Some(recording) }, ..self }
    }

    pub(crate) const fn refused(self, reason: &'static str) -> Self {
        Self { compared: Compared::Refused { reason }, ..self }
    }
}
