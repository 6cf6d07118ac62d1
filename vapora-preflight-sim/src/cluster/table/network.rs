//! Services and what leads to them, in rows.

use serde_json::Value;

use super::column::{AGE, Columns, NAME, or, selector, text};

pub(super) const SERVICES: Columns = Columns(&[
    NAME,
    text("Type", "how it is reached", |service, _| service["spec"]["type"].clone()),
    text("Cluster-IP", "its address inside", |service, _| or(&service["spec"]["clusterIP"], "<none>")),
    text("External-IP", "its addresses outside", |service, _| outside(service).into()),
    text("Port(s)", "its ports", |service, _| {
        let ports = service["spec"]["ports"].as_array().into_iter().flatten();
        let ports: Vec<String> = ports
            .map(|port| {
                let protocol = port["protocol"].as_str().unwrap_or("TCP");
                match port["nodePort"].as_i64() {
                    Some(node) if node > 0 => format!("{}:{node}/{protocol}", port["port"]),
                    _ => format!("{}/{protocol}", port["port"]),
                }
            })
            .collect();
        if ports.is_empty() { "<none>".into() } else { ports.join(",").into() }
    }),
    AGE,
    text("Selector", "which Pods are behind it", |service, _| selector(&service["spec"]["selector"])).wide(),
]);

fn outside(service: &Value) -> String {
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(|one| Some(one.as_str()?.to_owned())).collect()
    };
    let mut addresses = texts(&service["spec"]["externalIPs"]);
    match service["spec"]["type"].as_str() {
        Some("LoadBalancer") => {
            let ingress = service["status"]["loadBalancer"]["ingress"].as_array().into_iter().flatten();
            let given = ingress.filter_map(|one| one["ip"].as_str().or_else(|| one["hostname"].as_str()));
            addresses.splice(0..0, given.map(str::to_owned));
            if addresses.is_empty() { "<pending>".to_owned() } else { addresses.join(",") }
        }
        Some("ExternalName") => service["spec"]["externalName"].as_str().unwrap_or_default().to_owned(),
        _ if addresses.is_empty() => "<none>".to_owned(),
        _ => addresses.join(","),
    }
}

pub(super) const ENDPOINTS: Columns = Columns(&[
    NAME,
    text("Endpoints", "addresses and ports that are ready", |endpoints, _| {
        let mut all = Vec::new();
        for subset in endpoints["subsets"].as_array().into_iter().flatten() {
            for address in subset["addresses"].as_array().into_iter().flatten() {
                let ip = address["ip"].as_str().unwrap_or_default();
                for port in subset["ports"].as_array().into_iter().flatten() {
                    all.push(format!("{ip}:{}", port["port"]));
                }
            }
        }
        some(&all, 3).into()
    }),
    AGE,
]);

/// The first few, and how many more there are.
fn some(all: &[String], shown: usize) -> String {
    match all.len() {
        0 => "<none>".to_owned(),
        length if length > shown => format!("{} + {} more...", all[..shown].join(","), length - shown),
        _ => all.join(","),
    }
}

pub(super) const ENDPOINT_SLICES: Columns = Columns(&[
    NAME,
    text("AddressType", "the family of its addresses", |slice, _| slice["addressType"].clone()),
    text("Ports", "its ports", |slice, _| {
        let ports = slice["ports"].as_array().into_iter().flatten();
        let ports: Vec<String> = ports
            .map(|port| port["port"].as_i64().map_or("*".to_owned(), |number| number.to_string()))
            .collect();
        match ports.as_slice() {
            [] => "<unset>".into(),
            ports => some(ports, 3).into(),
        }
    }),
    text("Endpoints", "its addresses, ready or not", |slice, _| {
        let endpoints = slice["endpoints"].as_array().into_iter().flatten();
        let addresses = endpoints.flat_map(|one| one["addresses"].as_array().into_iter().flatten());
        let addresses: Vec<String> =
            addresses.filter_map(|address| Some(address.as_str()?.to_owned())).collect();
        if addresses.is_empty() { "<unset>".into() } else { some(&addresses, 3).into() }
    }),
    AGE,
]);

pub(super) const INGRESSES: Columns = Columns(&[
    NAME,
    text("Class", "which controller serves it", |ingress, _| {
        or(&ingress["spec"]["ingressClassName"], "<none>")
    }),
    text("Hosts", "the hosts it serves", |ingress, _| {
        let rules = ingress["spec"]["rules"].as_array().into_iter().flatten();
        let hosts: Vec<String> = rules.map(|rule| rule["host"].as_str().unwrap_or("*").to_owned()).collect();
        if hosts.is_empty() { "*".into() } else { some(&hosts, 3).into() }
    }),
    text("Address", "where it is reached", |ingress, _| {
        let given = ingress["status"]["loadBalancer"]["ingress"].as_array().into_iter().flatten();
        let given = given.filter_map(|one| one["ip"].as_str().or_else(|| one["hostname"].as_str()));
        given.collect::<Vec<_>>().join(",").into()
    }),
    text("Ports", "its ports", |ingress, _| {
        let tls = ingress["spec"]["tls"].as_array().is_some_and(|list| !list.is_empty());
        if tls { "80, 443".into() } else { "80".into() }
    }),
    AGE,
]);
