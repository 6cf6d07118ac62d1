//! What is behind one service.

use std::collections::{BTreeMap, BTreeSet};

use vapora_preflight::Value;

use crate::{
    object::{EndpointSlice, Meta, Service, ServicePort},
    wording::{count, is, names, short},
};

/// One family of addresses and one port, for which endpoints are counted.
type Place<'a> = (&'a str, &'a str);

/// What is behind one service.
#[derive(Debug, Default)]
pub(super) struct Served {
    pub(super) troubles: Vec<String>,
    pub(super) ready: usize,
    /// Those that are ready with whatever ports.
    alive: usize,
    unready: BTreeSet<String>,
    terminating: BTreeSet<String>,
    /// Of those that are ending, how many still answer.
    serving: usize,
    slices: usize,
    missing_ports: Vec<String>,
}

impl Served {
    /// Judges the service by the slices that carry its name.
    pub(super) fn of(
        service: &Service,
        slices: &[&EndpointSlice],
        at_least: usize,
        allow_unready: bool,
    ) -> Self {
        let mut served = Self::default();
        let spec = &service.spec;
        if service.metadata.is_going() {
            served.troubles.push("is being deleted".to_owned());
        }
        if spec.is_external() {
            let to =
                spec.external_name.as_deref().map_or_else(String::new, |to| format!(" of `{}`", short(to)));
            served.troubles.push(format!("is only another name{to} (`ExternalName`), and has no endpoints"));
            return served;
        }
        let own: Vec<&EndpointSlice> =
            slices.iter().copied().filter(|slice| is_of(&slice.metadata, service)).collect();
        served.slices = own.len();
        if own.len() < slices.len() {
            let older = count(slices.len() - own.len(), "endpoint slice");
            served.troubles.push(format!("has {older} of another service of that name, which is no more"));
        }
        let ready = served.count(service, &own);
        served.ready = ready.values().map(BTreeSet::len).min().unwrap_or(0);
        served.say(service, &ready, at_least, allow_unready);
        served
    }

    /// The addresses that are ready, by family and port; a family or port without any has an empty set.
    fn count<'a>(
        &mut self,
        service: &'a Service,
        slices: &[&'a EndpointSlice],
    ) -> BTreeMap<Place<'a>, BTreeSet<&'a str>> {
        let spec = &service.spec;
        // Whoever makes the endpoints of a service by hand need not make them for every family.
        let families: BTreeSet<&str> = match spec.families() {
            families if spec.selects() && !families.is_empty() => {
                families.iter().map(String::as_str).collect()
            }
            _ => slices.iter().map(|slice| slice.address_type.as_str()).collect(),
        };
        let ports: Vec<&str> = match spec.ports() {
            [] => vec![""],
            ports => ports.iter().map(ServicePort::key).collect(),
        };
        let mut ready: BTreeMap<Place<'a>, BTreeSet<&str>> = families
            .iter()
            .flat_map(|family| ports.iter().map(move |port| ((*family, *port), BTreeSet::new())))
            .collect();
        let (mut alive, mut serving) = (BTreeSet::new(), BTreeSet::new());
        for slice in slices {
            for endpoint in slice.endpoints() {
                let conditions = endpoint.conditions;
                let Some(address) = endpoint.address() else { continue };
                let is_ready = if spec.publish_not_ready_addresses {
                    // Then `ready` is always true, and says nothing.
                    conditions.says_serving() && !conditions.is_terminating()
                } else {
                    conditions.is_ready()
                };
                if is_ready {
                    alive.insert(address);
                    for port in &ports {
                        if (spec.ports().is_empty() || slice.has_port(port))
                            && let Some(addresses) = ready.get_mut(&(slice.address_type.as_str(), *port))
                        {
                            addresses.insert(address);
                        }
                    }
                } else if conditions.is_terminating() {
                    if conditions.is_serving() {
                        serving.insert(address);
                    }
                    self.terminating.insert(endpoint.name().to_owned());
                } else {
                    self.unready.insert(endpoint.name().to_owned());
                }
            }
        }
        (self.alive, self.serving) = (alive.len(), serving.len());
        ready
    }

    fn say(
        &mut self,
        service: &Service,
        ready: &BTreeMap<Place<'_>, BTreeSet<&str>>,
        at_least: usize,
        allow_unready: bool,
    ) {
        let spec = &service.spec;
        let several = ready.keys().map(|(family, _)| family).collect::<BTreeSet<_>>().len() > 1;
        let any = self.alive > 0;
        if !any && self.unready.is_empty() && self.terminating.is_empty() {
            let why = if spec.selects() {
                "no pod with the labels of its selector has an address"
            } else {
                "it has no selector, so that its endpoints are to be made by hand"
            };
            self.troubles.push(format!("has no endpoints: {why}"));
        } else if !any {
            self.troubles.push("has no ready endpoint".to_owned());
        } else {
            for ((family, port), addresses) in ready {
                let with = if several { format!(" of {family}") } else { String::new() };
                if addresses.is_empty() {
                    let number = spec.ports().iter().find(|one| one.key() == *port).map(|one| one.port);
                    let number = number.map_or_else(String::new, |number| number.to_string());
                    let (port, shown) = match *port {
                        "" => (number.clone(), number),
                        name => (name.to_owned(), format!("`{name}` ({number})")),
                    };
                    self.troubles.push(format!("has no ready endpoint{with} with its port {shown}"));
                    if !self.missing_ports.contains(&port) {
                        self.missing_ports.push(port);
                    }
                } else if addresses.len() < at_least {
                    let number = count(addresses.len(), "ready endpoint");
                    let text = format!("has {number}{with}, at least {at_least} {} needed", is(at_least));
                    if !self.troubles.contains(&text) {
                        self.troubles.push(text);
                    }
                }
            }
        }
        if !self.unready.is_empty() && (!allow_unready || !any) {
            let pods: Vec<&String> = self.unready.iter().collect();
            let number = count(pods.len(), "endpoint");
            self.troubles.push(format!("has {number} not ready: {}", names(&pods)));
        }
        if !any && !self.terminating.is_empty() {
            let number = count(self.terminating.len(), "endpoint");
            self.troubles.push(format!("has {number} ending, {} of which still answer", self.serving));
        }
    }

    /// What was counted, as evidence.
    pub(super) fn evidence(&self, service: &Service) -> Value {
        let spec = &service.spec;
        Value::table([
            ("type", Value::from(spec.kind.clone())),
            ("headless", spec.is_headless().into()),
            ("selector", spec.selects().into()),
            ("slices", self.slices.into()),
            ("ready", self.ready.into()),
            ("not_ready", self.unready.len().into()),
            ("terminating", self.terminating.len().into()),
            ("serving_while_terminating", self.serving.into()),
            ("missing_ports", self.missing_ports.clone().into()),
        ])
    }
}

/// Whether a slice is one of this service, and not of one of the same name that is no more.
fn is_of(slice: &Meta, service: &Service) -> bool {
    match (slice.controller("Service"), service.metadata.uid.as_deref()) {
        (Some(owner), Some(uid)) => owner.uid == uid,
        _ => true,
    }
}
