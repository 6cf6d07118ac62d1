//! The figures of before.

use vapora_preflight::{CheckContext, CheckError, Earlier, Timestamp, Value};

use super::PrometheusHolds;
use crate::kinds::prometheus_recorded::{Recorded, recorded};

/// What the baseline recorded of the query.
#[derive(Debug)]
pub(super) struct Before {
    rows: Recorded,
    pub(super) at: Timestamp,
    check: String,
}

impl Before {
    /// What the baseline of the check saw; none where nothing is compared.
    pub(super) fn of(kind: &PrometheusHolds, cx: &CheckContext) -> Result<Option<Self>, CheckError> {
        if !kind.compares() {
            return Ok(None);
        }
        let earlier = cx.baseline().ok_or_else(|| {
            CheckError::permanent("there is nothing on record to compare with")
                .remedy("name the check of kind `prometheus.recorded` as `baseline`, and run it first")
        })?;
        Self::read(kind, earlier).map(Some)
    }

    fn read(kind: &PrometheusHolds, earlier: &Earlier) -> Result<Self, CheckError> {
        let unfit = |why: &str, remedy: &str| {
            CheckError::permanent(format!("`{}` is no baseline for this: {why}", earlier.check))
                .remedy(remedy)
        };
        let all = earlier.evidence.get("series").and_then(recorded).ok_or_else(|| {
            unfit("it has recorded no series", "name a check of the kind `prometheus.recorded`")
        })?;
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        let several = format!("write one of its queries as `compare`: {}", names.join(", "));
        let index = match &kind.compare {
            Some(name) => names.iter().position(|other| other == name),
            None if all.len() == 1 => Some(0),
            None => return Err(unfit("it has recorded several queries", &several)),
        };
        let Some(rows) = index.and_then(|index| all.into_iter().nth(index)).map(|(_, rows)| rows) else {
            return Err(unfit("it has recorded no query of the name in `compare`", &several));
        };
        Ok(Self { rows, at: earlier.finished, check: earlier.check.to_string() })
    }

    /// The number of before of each series, by its title; an error where not all of them can be compared.
    pub(super) fn values(&self, titles: &[&str]) -> Result<Vec<f64>, CheckError> {
        if let ([(_, before)], [_]) = (&self.rows[..], titles) {
            return Ok(vec![*before]);
        }
        let cannot = |what: String| {
            CheckError::transient(what)
                .remedy("let both queries have the same labels, as with `sum by (…)`, and none that a release changes")
        };
        let find = |title: &&str| {
            let row = self.rows.iter().find(|(other, _)| other == title);
            row.map(|(_, before)| *before)
                .ok_or_else(|| cannot(format!("`{title}` is not in the baseline `{}`", self.check)))
        };
        let values = titles.iter().map(find).collect::<Result<_, _>>()?;
        match self.rows.iter().find(|(title, _)| !titles.contains(&title.as_str())) {
            Some((gone, _)) => {
                Err(cannot(format!("`{gone}` of the baseline `{}` has no data any more", self.check)))
            }
            None => Ok(values),
        }
    }
}

/// The number of a row of evidence.
pub(in crate::kinds) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}
