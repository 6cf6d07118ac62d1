//! Names, resolved with an eye on where they lead.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use vapora_preflight::ForbiddenAddress;

/// Resolves names by the machine's resolver, and refuses those that lead to a forbidden address.
pub(super) struct GuardedResolver {
    overrides: Arc<HashMap<String, Vec<SocketAddr>>>,
    metadata_allowed: bool,
}

impl GuardedResolver {
    pub(super) fn new(overrides: HashMap<String, Vec<SocketAddr>>, metadata_allowed: bool) -> Self {
        Self { overrides: Arc::new(overrides), metadata_allowed }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (overrides, allowed) = (Arc::clone(&self.overrides), self.metadata_allowed);
        Box::pin(async move {
            let host = name.as_str();
            let found: Vec<SocketAddr> = match overrides.get(&host.to_ascii_lowercase()) {
                Some(addresses) => addresses.clone(),
                None => tokio::net::lookup_host((host, 0)).await?.collect(),
            };
            // One forbidden address is enough: whoever answers for the name could have the next look-up lead there alone.
            let mut bad = found.iter().filter_map(|address| ForbiddenAddress::behind(host, address.ip()));
            if let (false, Some(bad)) = (allowed, bad.next()) {
                return Err(bad.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
