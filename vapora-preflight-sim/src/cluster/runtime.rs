//! What runs in a simulated cluster, beside the objects that describe it.

use std::sync::{Mutex, atomic::AtomicBool};

use super::{exec::Commands, logs::Logs, usage::Usages, volumes::Volumes};

/// Logs, commands, usage: what kubelets and the metrics server know.
#[derive(Debug, Default)]
pub(crate) struct Runtime {
    pub(crate) logs: Mutex<Logs>,
    pub(crate) commands: Mutex<Commands>,
    pub(crate) usages: Mutex<Usages>,
    pub(crate) volumes: Mutex<Volumes>,
    /// Does nothing listen on the Nodes?
    pub(crate) kubelets_gone: AtomicBool,
}
