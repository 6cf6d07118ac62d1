//! Reading what a query gives.

use std::collections::BTreeMap;

use serde::Deserialize;
use vapora_preflight::CheckError;

use super::{Point, Series};

/// What a query is, by its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Shape {
    /// One number at one time, by labels.
    Vector,
    /// Numbers over time, by labels.
    Matrix,
    /// A number.
    Scalar,
    /// A text.
    String,
}

/// The data of an answer, as it is sent.
#[derive(Debug, Deserialize)]
pub(crate) struct Data {
    #[serde(rename = "resultType")]
    shape: Shape,
    result: serde_json::Value,
}

#[derive(Debug, Deserialize)]
struct Row {
    metric: BTreeMap<String, String>,
    value: Option<(f64, String)>,
    values: Option<Vec<(f64, String)>>,
    histogram: Option<serde::de::IgnoredAny>,
    histograms: Option<serde::de::IgnoredAny>,
}

/// What a query gives.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) shape: Shape,
    pub(crate) series: Vec<Series>,
}

/// A sample; numbers are sent as texts, since JSON knows neither `NaN` nor `+Inf`.
fn point((at, text): (f64, String)) -> Result<Point, CheckError> {
    match text.parse() {
        Ok(value) => Ok(Point { at, value }),
        Err(_) => Err(unreadable().because(&crate::service::Said(format!("`{text}` is not a number")))),
    }
}

fn unreadable() -> CheckError {
    CheckError::transient("the samples of Prometheus cannot be read")
}

impl Data {
    pub(crate) fn read(self) -> Result<Answer, CheckError> {
        let wrong = |error: serde_json::Error| unreadable().because(&error);
        let series = match self.shape {
            Shape::String => {
                return Err(CheckError::permanent("the query gives a text, and no number")
                    .remedy("ask for a metric, or for an expression of some"));
            }
            Shape::Scalar => {
                let sample = serde_json::from_value(self.result).map_err(wrong)?;
                vec![Series { labels: BTreeMap::new(), points: vec![point(sample)?] }]
            }
            Shape::Vector | Shape::Matrix => {
                let rows: Vec<Row> = serde_json::from_value(self.result).map_err(wrong)?;
                rows.into_iter().map(Row::read).collect::<Result<_, _>>()?
            }
        };
        Ok(Answer { shape: self.shape, series })
    }
}

impl Row {
    fn read(self) -> Result<Series, CheckError> {
        if self.histogram.is_some() || self.histograms.is_some() {
            return Err(CheckError::permanent("the query gives a histogram, and no number")
                .remedy("take a number of it, as with `histogram_quantile(0.95, …)` or `histogram_avg(…)`"));
        }
        let samples = self.values.or_else(|| self.value.map(|one| vec![one])).ok_or_else(unreadable)?;
        let points = samples.into_iter().map(point).collect::<Result<_, _>>()?;
        Ok(Series { labels: self.metric, points })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Answer, CheckError> {
        serde_json::from_str::<Data>(json).unwrap().read()
    }

    #[test]
    fn every_shape_is_read() {
        let vector = read(
            r#"{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a\"b"},"value":[1.5,"0"]}]}"#,
        );
        let vector = vector.unwrap();
        assert_eq!(vector.series[0].title(), r#"up{job="a\"b"}"#);
        assert_eq!(vector.series[0].points, [Point { at: 1.5, value: 0.0 }]);
        let scalar = read(r#"{"resultType":"scalar","result":[2,"+Inf"]}"#).unwrap();
        assert_eq!(
            (scalar.series[0].title().as_str(), scalar.series[0].points[0].value),
            ("{}", f64::INFINITY)
        );
        let matrix = read(
            r#"{"resultType":"matrix","result":[{"metric":{},"values":[[1,"NaN"],[2,"-Inf"],[3,"1e+00"]]}]}"#,
        );
        let points = &matrix.unwrap().series[0].points;
        assert!(points[0].value.is_nan());
        assert_eq!(points[1..], [Point { at: 2.0, value: f64::NEG_INFINITY }, Point { at: 3.0, value: 1.0 }]);
    }

    #[test]
    fn what_is_no_number_is_told_apart() {
        for (json, words) in [
            (r#"{"resultType":"string","result":[1,"a"]}"#, "gives a text"),
            (r#"{"resultType":"vector","result":[{"metric":{},"histogram":[1,{}]}]}"#, "gives a histogram"),
            (r#"{"resultType":"matrix","result":[{"metric":{},"histograms":[]}]}"#, "gives a histogram"),
            (r#"{"resultType":"vector","result":[{"metric":{}}]}"#, "cannot be read"),
            (r#"{"resultType":"vector","result":[{"metric":{},"value":[1,"much"]}]}"#, "cannot be read"),
            (r#"{"resultType":"vector","result":{}}"#, "cannot be read"),
            (r#"{"resultType":"scalar","result":[1]}"#, "cannot be read"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.message().contains(words), "{json}: {error}");
        }
        assert!(serde_json::from_str::<Data>(r#"{"resultType":"streams","result":[]}"#).is_err());
    }
}
