//! Answers in the words of the APIs of Prometheus (prometheus.io/docs/prometheus/latest/querying/api) and of Alertmanager
//! (its `api/v2/openapi.yaml`).

use crate::{
    ask::NOW,
    server::{Server, response},
};

/// The body of a query that was answered.
pub(crate) fn success(shape: &str, result: &str) -> String {
    format!(r#"{{"status":"success","data":{{"resultType":"{shape}","result":{result}}}}}"#)
}

/// The body of an instant query: labels as JSON, and the number as it is sent.
pub(crate) fn vector(rows: &[(&str, &str)]) -> String {
    vector_at(NOW, rows)
}

pub(crate) fn vector_at(at: i64, rows: &[(&str, &str)]) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|(labels, value)| format!(r#"{{"metric":{{{labels}}},"value":[{at}.0,"{value}"]}}"#))
        .collect();
    success("vector", &format!("[{}]", rows.join(",")))
}

/// The body of a range query with a point each so many seconds up to now; a point without a number is left out.
pub(crate) fn matrix(step: i64, rows: &[(&str, &[&str])]) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|(labels, values)| {
            let begin = NOW - step * (values.len() as i64 - 1);
            let points = values.iter().enumerate().filter(|(_, value)| !value.is_empty());
            let points: Vec<String> = points
                .map(|(index, value)| format!(r#"[{},"{value}"]"#, begin + step * index as i64))
                .collect();
            format!(r#"{{"metric":{{{labels}}},"values":[{}]}}"#, points.join(","))
        })
        .collect();
    success("matrix", &format!("[{}]", rows.join(",")))
}

/// A Prometheus that answers every query with that body, and says that the samples of all its series are so old.
pub(crate) fn prometheus(body: impl Into<String>, age: i64) -> Server {
    let body = body.into();
    // the labels of the answer, with the time of the sample in place of each number
    let data: serde_json::Value = serde_json::from_str(&body).unwrap();
    let rows = data["data"]["result"].as_array().cloned().unwrap_or_default();
    let rows: Vec<String> = rows
        .iter()
        .filter(|row| row.is_object())
        .map(|row| {
            let mut labels = row["metric"].clone();
            labels.as_object_mut().unwrap().remove("__name__");
            format!(r#"{{"metric":{labels},"value":[{NOW},"{}"]}}"#, NOW - age)
        })
        .collect();
    aged(body, success("vector", &format!("[{}]", rows.join(","))))
}

/// A Prometheus that answers every query with that body, and one for the times of its samples with another.
pub(crate) fn aged(body: impl Into<String>, ages: impl Into<String>) -> Server {
    let (body, ages) = (body.into(), ages.into());
    Server::doing(move |head, out| {
        let body = if head.contains("query=timestamp%28") { &ages } else { &body };
        out.write_all(&response("200 OK", "application/json", body))
    })
}

/// A server that answers each path with a body; the first that fits.
pub(crate) fn pages(pages: &[(&str, &str)]) -> Server {
    let pages: Vec<(String, String)> =
        pages.iter().map(|(path, body)| ((*path).to_owned(), (*body).to_owned())).collect();
    Server::doing(move |head, out| {
        let page = pages.iter().find(|(path, _)| head.contains(path.as_str()));
        out.write_all(&match page {
            Some((_, body)) => response("200 OK", "application/json", body),
            None => response("404 Not Found", "text/plain", "404 page not found"),
        })
    })
}
