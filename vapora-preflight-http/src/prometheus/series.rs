//! What a query gives: labels, and numbers over time.

use std::collections::BTreeMap;

use crate::param::label_value;

/// A number at a time, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) at: f64,
    pub(crate) value: f64,
}

/// One series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) points: Vec<Point>,
}

const NAME: &str = "__name__";

impl Series {
    /// Its name and labels, as Prometheus writes them: `up{job="api"}`; `{}` where there are none.
    pub(crate) fn title(&self) -> String {
        let name = self.labels.get(NAME).map_or("", String::as_str);
        let labels = self.labels.iter().filter(|(label, _)| *label != NAME);
        let labels: Vec<String> =
            labels.map(|(label, value)| format!("{label}={}", label_value(value))).collect();
        if labels.is_empty() && !name.is_empty() {
            return name.to_owned();
        }
        format!("{name}{{{}}}", labels.join(","))
    }

    /// Its labels without the name, which functions take away.
    pub(crate) fn nameless(&self) -> BTreeMap<&str, &str> {
        let labels = self.labels.iter().filter(|(label, _)| *label != NAME);
        labels.map(|(label, value)| (label.as_str(), value.as_str())).collect()
    }
}
