//! The addresses and ports of Services.

use serde_json::{Value, json};

use super::Write;
use crate::cluster::{
    invalid::Cause, reply::Reply, state::State, status, store::meta, validation::address_range,
};

impl Write<'_> {
    /// Gives a Service its addresses, or says why it cannot have those it asks for. One that is only tried gets an
    /// address that is nobody's, and its ports are not looked at.
    pub(super) fn give_addresses(
        &self,
        state: &State,
        before: Option<&Value>,
        object: &mut Value,
    ) -> Result<(), Reply> {
        if self.kind.kind != "Service" || self.target.subresource.is_some() {
            return Ok(());
        }
        if object["spec"]["type"] == "ExternalName" {
            return Ok(());
        }
        if let Some(before) = before {
            for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                if object["spec"][field].is_null() && !before["spec"][field].is_null() {
                    object["spec"][field] = before["spec"][field].clone();
                }
            }
        }
        if object["spec"]["clusterIP"].is_null() {
            let given = object["spec"]["clusterIPs"][0].clone();
            object["spec"]["clusterIP"] = given;
        }
        let others: Vec<&Value> = state
            .kind("Service")
            .into_iter()
            .filter(|other| meta(other, "uid") != meta(object, "uid"))
            .map(|other| &other["spec"])
            .collect();
        let asked = object["spec"]["clusterIP"].as_str().unwrap_or_default().to_owned();
        let had = before.is_some_and(|before| before["spec"]["clusterIP"] == asked.as_str());
        let address = match asked.as_str() {
            "" if self.tried() => "10.0.0.0".to_owned(),
            "" => free_address(&others),
            "None" => asked,
            _ if had => asked,
            _ => {
                self.check_address(&asked, &others).map_err(|why| {
                    let what = format!("failed to allocate IP {asked}: {why}");
                    refused(object, "spec.clusterIPs", &json!([asked]), &what)
                })?;
                asked
            }
        };
        let spec = &mut object["spec"];
        spec["clusterIP"] = address.as_str().into();
        spec["clusterIPs"] = json!([address]);
        for (field, value) in [("ipFamilies", json!(["IPv4"])), ("ipFamilyPolicy", json!("SingleStack"))] {
            if spec[field].is_null() {
                spec[field] = value;
            }
        }
        self.give_ports(before, &others, object)
    }

    fn check_address(&self, address: &str, others: &[&Value]) -> Result<(), String> {
        if !address_range::contains(address) {
            return Err(if self.tried() {
                format!(
                    "the provided IP ({address}) is not in the valid range. The range of valid IPs is {}",
                    address_range::TEXT
                )
            } else {
                "the provided network does not match the current range".to_owned()
            });
        }
        if !self.tried() && taken(address, others) {
            return Err("provided IP is already allocated".to_owned());
        }
        Ok(())
    }

    fn give_ports(&self, before: Option<&Value>, others: &[&Value], object: &mut Value) -> Result<(), Reply> {
        let sort = object["spec"]["type"].as_str().unwrap_or_default();
        if !["NodePort", "LoadBalancer"].contains(&sort) || self.tried() {
            return Ok(());
        }
        let numbers = |spec: &Value| -> Vec<i64> {
            spec["ports"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|port| port["nodePort"].as_i64())
                .collect()
        };
        let had = before.map(|before| numbers(&before["spec"])).unwrap_or_default();
        let mut used: Vec<i64> = others.iter().flat_map(|spec| numbers(spec)).collect();
        let mut ports = object["spec"]["ports"].as_array().cloned().unwrap_or_default();
        for (index, port) in ports.iter_mut().enumerate() {
            match port["nodePort"].as_i64().filter(|number| *number != 0) {
                Some(number) if had.contains(&number) => {}
                Some(number) => {
                    let field = format!("spec.ports[{index}].nodePort");
                    if !address_range::PORTS.contains(&number) {
                        let (first, last) = (address_range::PORTS.start(), address_range::PORTS.end());
                        let what = format!(
                            "provided port is not in the valid range. The range of valid ports is {first}-{last}"
                        );
                        return Err(refused(object, &field, &number.into(), &what));
                    }
                    if used.contains(&number) {
                        return Err(refused(
                            object,
                            &field,
                            &number.into(),
                            "provided port is already allocated",
                        ));
                    }
                    used.push(number);
                }
                None => {
                    let free = address_range::PORTS.into_iter().find(|number| !used.contains(number));
                    let free = free.unwrap_or(*address_range::PORTS.start());
                    port["nodePort"] = free.into();
                    used.push(free);
                }
            }
        }
        if !ports.is_empty() {
            object["spec"]["ports"] = ports.into();
        }
        Ok(())
    }
}

fn refused(object: &Value, field: &str, value: &Value, what: &str) -> Reply {
    status::invalid("", "Service", meta(object, "name"), &[Cause::invalid(field, value, what)])
}

/// The first address is that of the API server itself.
fn taken(address: &str, others: &[&Value]) -> bool {
    address == "10.0.0.1" || others.iter().any(|spec| spec["clusterIP"] == address)
}

fn free_address(others: &[&Value]) -> String {
    let mut addresses = (10..255).map(|number| format!("10.0.0.{number}"));
    addresses.find(|address| !taken(address, others)).unwrap_or_else(|| "10.0.0.254".to_owned())
}
