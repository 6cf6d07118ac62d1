//! What is free, against what has to be.

use vapora_preflight::{
    Advice, Bytes, CheckError, CheckResult, Evidence, EvidenceField, Finding, Outcome, Unit, Value,
};

use super::{
    VolumesHaveSpace,
    stats::{Measured, Volume, VolumeStats},
};
use crate::{
    chosen::Chosen,
    object::VolumeClaim,
    refused::Cause,
    resource::Resource,
    wording::{clauses, count, is, names},
};

pub(super) const EVIDENCE: &[EvidenceField] = &[
    EvidenceField { name: "total", about: "how many claims were asked for or found" },
    EvidenceField { name: "measured", about: "how many of them could be measured" },
    EvidenceField { name: "missing", about: "the names of those that do not exist" },
    EvidenceField { name: "unmounted", about: "the names of those that no running pod mounts" },
    EvidenceField { name: "unknown", about: "the names of those that are mounted and could not be measured" },
    EvidenceField { name: "short", about: "the names of those with too little left" },
    EvidenceField { name: "least_free", about: "how much is free where the least is, in bytes" },
    EvidenceField { name: "least_free_percent", about: "how much is free where the least is, in percent" },
    EvidenceField {
        name: "least_inodes_free_percent",
        about: "how many inodes are free where the fewest are, in percent",
    },
    EvidenceField {
        name: "volumes",
        about: "by claim: its `node`, `capacity`, `used` and `free` in bytes, `free_percent`, `inodes`, `inodes_free` and \
                `inodes_free_percent`",
    },
];

/// A share of a whole in percent, rounded down to a tenth: nothing looks like more than is free.
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (u128::from(part) * 1000 / u128::from(whole)) as f64 / 10.0)
}

fn is_less(part: u64, whole: u64, percent: u32) -> bool {
    u128::from(part) * 100 < u128::from(whole) * u128::from(percent)
}

impl VolumeStats {
    fn free(&self) -> u64 {
        self.available_bytes.unwrap_or_default()
    }

    fn free_percent(&self) -> Option<f64> {
        percent(self.free(), self.capacity_bytes?)
    }

    fn inodes_free_percent(&self) -> Option<f64> {
        percent(self.inodes_free?, self.inodes?)
    }

    fn row(&self, node: &str) -> Value {
        Value::table([
            ("node", Value::from(node)),
            ("capacity", Value::from(self.capacity_bytes)),
            ("used", Value::from(self.used_bytes)),
            ("free", Value::from(self.available_bytes)),
            ("free_percent", Value::from(self.free_percent())),
            ("inodes", Value::from(self.inodes)),
            ("inodes_free", Value::from(self.inodes_free)),
            ("inodes_free_percent", Value::from(self.inodes_free_percent())),
        ])
    }
}

impl VolumesHaveSpace {
    fn expected(&self) -> String {
        let limits = [
            self.free.map(|free| format!("at least {free} free")),
            self.free_percent.map(|percent| format!("at least {percent}% free")),
            self.inodes_percent.map(|percent| format!("at least {percent}% of the inodes free")),
        ];
        let limits: Vec<String> = limits.into_iter().flatten().collect();
        format!("every volume with {}", limits.join(", "))
    }

    /// What there is too little of.
    fn shortages(&self, stats: &VolumeStats) -> Vec<String> {
        let (free, capacity) = (stats.free(), stats.capacity_bytes.unwrap_or_default());
        let mut short = Vec::new();
        let too_little = self.free.is_some_and(|least| free < least.get())
            || self.free_percent.is_some_and(|percent| is_less(free, capacity, percent));
        if too_little {
            let share = stats.free_percent().unwrap_or_default();
            short.push(format!("{} of {} free ({share}%)", Bytes::new(free), Bytes::new(capacity)));
        }
        let (inodes, inodes_free) = (stats.inodes.unwrap_or_default(), stats.inodes_free.unwrap_or_default());
        if self.inodes_percent.is_some_and(|percent| is_less(inodes_free, inodes, percent)) {
            short.push(format!("{}% of its inodes free", stats.inodes_free_percent().unwrap_or_default()));
        }
        short
    }

    pub(super) fn nothing(&self, missing: &[String], no_namespace: Option<String>) -> Outcome {
        let measured = Measured(std::collections::BTreeMap::new());
        let nothing = self.choice().nothing(Resource::VOLUME_CLAIMS, missing, no_namespace);
        Outcome::Fail(nothing.expected(self.expected()).evidence(evidence(&measured, missing, &[])))
    }

    pub(super) fn judge(&self, chosen: &Chosen<VolumeClaim>, measured: &Measured) -> CheckResult {
        let namespace = &self.namespace;
        let missing = &chosen.missing;
        let mut said: Vec<String> = missing.iter().map(|name| format!("`{name}` does not exist")).collect();
        let (mut short, mut unknown): (Vec<String>, Vec<(&str, String)>) = (Vec::new(), Vec::new());
        let (mut unmounted, mut good) = (Vec::new(), 0);
        for (name, volume) in &measured.0 {
            match volume {
                Volume::Measured { stats, .. } => match self.shortages(stats).as_slice() {
                    [] => good += 1,
                    shortages => {
                        said.push(format!("`{name}` has {}", shortages.join(" and ")));
                        short.push(name.clone());
                    }
                },
                Volume::Unmounted => unmounted.push(name.as_str()),
                Volume::Silent(text) => unknown.push((name, text.clone())),
            }
        }
        let total = measured.0.len() + missing.len();
        let number = short.len() + missing.len();
        let evidence = evidence(measured, missing, &short);
        let aside = match unmounted.len() {
            0 => String::new(),
            number => format!(" (besides {number} that no running pod mounts)"),
        };
        if number > 0 {
            if !unknown.is_empty() {
                let unknown: Vec<&str> = unknown.iter().map(|(name, _)| *name).collect();
                said.push(format!("{} could not be measured", names(&unknown)));
            }
            let summary = if short.is_empty() {
                format!(
                    "{number} of {} in `{namespace}` {} missing",
                    count(total, "volume claim"),
                    is(number)
                )
            } else {
                let verb = if short.len() == 1 { "has" } else { "have" };
                format!(
                    "{} of {} in `{namespace}` {verb} too little space left{aside}",
                    short.len(),
                    count(total, "volume")
                )
            };
            let first = short.first().or(missing.first()).map_or("", String::as_str);
            return Ok(Outcome::Fail(
                Finding::new(summary)
                    .expected(self.expected())
                    .actual(clauses(&said))
                    .remedy(format!(
                        "make room in it, or more of it: `kubectl -n {namespace} edit persistentvolumeclaim {first}`, where \
                         its class allows that"
                    ))
                    .advice(Advice::Investigate)
                    .evidence(evidence),
            ));
        }
        if let Some((first, text)) = unknown.first() {
            let all: Vec<&str> = unknown.iter().map(|(name, _)| *name).collect();
            return Err(CheckError::transient(format!(
                "{} of {} in `{namespace}` could not be measured: {}",
                all.len(),
                count(total, "volume"),
                names(&all)
            ))
            .because(&Cause(format!("`{first}` {text}")))
            .remedy("name the other claims only, and see to these by hand"));
        }
        if !unmounted.is_empty() && (!self.allow_unmounted || good == 0) {
            return Err(CheckError::permanent(format!(
                "{} of {} in `{namespace}` cannot be measured, as no running pod mounts them: {}",
                unmounted.len(),
                count(total, "volume"),
                names(&unmounted)
            ))
            .remedy(if self.allow_unmounted {
                "see why the pods that mount them do not run"
            } else {
                "see why the pods that mount them do not run; if they need not, set `allow_unmounted`"
            }));
        }
        let free = measured.least(VolumeStats::free_percent).unwrap_or_default();
        let verb = if good == 1 { "has" } else { "have" };
        let summary =
            format!("{} in `{namespace}` {verb} at least {free}% free{aside}", count(good, "volume"));
        Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)))
    }
}

impl Measured {
    fn least(&self, of: impl Fn(&VolumeStats) -> Option<f64>) -> Option<f64> {
        let said = self.0.values().filter_map(|volume| match volume {
            Volume::Measured { stats, .. } => of(stats),
            _ => None,
        });
        said.min_by(f64::total_cmp)
    }

    fn named(&self, wanted: impl Fn(&Volume) -> bool) -> Vec<String> {
        self.0.iter().filter(|(_, volume)| wanted(volume)).map(|(name, _)| name.clone()).collect()
    }
}

fn evidence(measured: &Measured, missing: &[String], short: &[String]) -> Evidence {
    let rows: Vec<(String, Value)> = measured
        .0
        .iter()
        .filter_map(|(name, volume)| match volume {
            Volume::Measured { node, stats } => Some((name.clone(), stats.row(node))),
            _ => None,
        })
        .collect();
    let free = measured.0.values().filter_map(|volume| match volume {
        Volume::Measured { stats, .. } => Some(stats.free()),
        _ => None,
    });
    Evidence::new()
        .with("total", measured.0.len() + missing.len())
        .with("measured", rows.len())
        .with("missing", missing.to_vec())
        .with("unmounted", measured.named(|volume| matches!(volume, Volume::Unmounted)))
        .with("unknown", measured.named(|volume| matches!(volume, Volume::Silent(_))))
        .with("short", short.to_vec())
        .measured("least_free", free.min(), Unit::Bytes)
        .measured("least_free_percent", measured.least(VolumeStats::free_percent), Unit::Percent)
        .measured(
            "least_inodes_free_percent",
            measured.least(VolumeStats::inodes_free_percent),
            Unit::Percent,
        )
        .with("volumes", Value::Table(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_never_looks_like_more() {
        assert_eq!(percent(199, 1000), Some(19.9));
        assert_eq!(percent(1_999, 10_000), Some(19.9));
        assert_eq!(percent(1, 0), None);
        assert!(is_less(1_999, 10_000, 20) && !is_less(2_000, 10_000, 20));
        assert!(!is_less(u64::MAX, u64::MAX, 100));
    }
}
