//! What is used more than before.

use vapora_preflight::{CheckContext, CheckError, Earlier, Timestamp, Value};

use super::{UsageRecorded, collect::Usage};
use crate::{
    quantity::Quantity,
    wording::{bytes, cores},
};

/// What was used before, by deployment.
#[derive(Debug)]
pub(super) struct Baseline {
    rows: Vec<(String, Before)>,
    pub(super) at: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Before {
    cpu: Quantity,
    memory: Quantity,
}

/// How much more a deployment uses than before, in percent; less than nothing where it uses less.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Growth {
    pub(super) cpu: Option<f64>,
    pub(super) memory: Option<f64>,
}

fn number(value: &Value) -> Option<Quantity> {
    match value {
        Value::Int(whole) => u64::try_from(*whole).ok().map(Quantity::of_whole),
        // Evidence has whole billionths, which a float keeps for all that a cluster can have.
        Value::Float(number) if *number >= 0.0 => Some(Quantity::of_nanos((number * 1e9).round() as i128)),
        _ => None,
    }
}

impl Baseline {
    /// What the baseline of the check saw; none where it has none.
    pub(super) fn of(kind: &UsageRecorded, cx: &CheckContext) -> Result<Option<Self>, CheckError> {
        match cx.baseline() {
            Some(earlier) => Self::read(earlier).map(Some),
            None if kind.limits_growth() => {
                Err(CheckError::permanent("there is nothing on record to compare with")
                    .remedy("name the check that recorded the usage before as `baseline`, and run it first"))
            }
            None => Ok(None),
        }
    }

    fn read(earlier: &Earlier) -> Result<Self, CheckError> {
        let not_usage = || {
            CheckError::permanent(format!(
                "the check `{}` has not recorded what deployments use",
                earlier.check
            ))
            .remedy("name a check of the kind `k8s.usage_recorded` as `baseline`")
        };
        let Some(Value::Table(rows)) = earlier.evidence.get("deployments") else { return Err(not_usage()) };
        let read = |row: &Value| {
            let Value::Table(fields) = row else { return None };
            let field =
                |name: &str| fields.iter().find(|(of, _)| of == name).and_then(|(_, value)| number(value));
            Some(Before { cpu: field("cpu")?, memory: field("memory")? })
        };
        let rows: Option<Vec<(String, Before)>> =
            rows.iter().map(|(name, row)| Some((name.clone(), read(row)?))).collect();
        Ok(Self { rows: rows.ok_or_else(not_usage)?, at: earlier.finished })
    }

    fn find(&self, name: &str) -> Option<Before> {
        self.rows.iter().find(|(of, _)| of == name).map(|(_, before)| *before)
    }

    /// How much more a deployment uses now.
    pub(super) fn growth(&self, usage: &Usage) -> Growth {
        self.find(&usage.name).map_or_else(Growth::default, |before| Growth {
            cpu: more(before.cpu, usage.cpu),
            memory: more(before.memory, usage.memory),
        })
    }

    /// What a deployment uses more of than it may.
    pub(super) fn excess(&self, kind: &UsageRecorded, usage: &Usage) -> Result<Vec<String>, CheckError> {
        if !kind.limits_growth() {
            return Ok(Vec::new());
        }
        let before = self.find(&usage.name).ok_or_else(|| {
            CheckError::permanent(format!("the baseline has not recorded what `{}` uses", usage.name))
                .remedy("record it with the same `names` or `selector`")
        })?;
        let mut excess = Vec::new();
        for (unit, limit, slack, before, now, spoken) in [
            (
                "CPU",
                kind.cpu_growth_percent,
                kind.cpu_slack,
                before.cpu,
                usage.cpu,
                cores as fn(Quantity) -> String,
            ),
            ("memory", kind.memory_growth_percent, kind.memory_slack, before.memory, usage.memory, bytes),
        ] {
            let Some(limit) = limit else { continue };
            if now > before + before.percent(limit) && now > before + slack {
                let growth = more(before, now).map_or_else(String::new, |more| format!(" ({more:+}%)"));
                excess.push(format!(
                    "`{}` uses {} of {unit}, {} before{growth}",
                    usage.name,
                    spoken(now),
                    spoken(before)
                ));
            }
        }
        Ok(excess)
    }
}

/// The difference in percent, to be shown; none where there was nothing before.
fn more(before: Quantity, now: Quantity) -> Option<f64> {
    (!before.is_zero()).then(|| {
        let ratio = (now.as_f64() - before.as_f64()) / before.as_f64();
        (ratio * 1000.0).round() / 10.0
    })
}
