//! `for_each`: many checks of one table.

use toml::de::DeValue;

use super::{
    compile::Known,
    fields::{Fields, place},
    text::{fill, in_words, to_json, wrong_text},
};
use crate::{Code, Diagnostic, SourceId, expr::evaluate_known};

type Spanned<T> = toml::Spanned<T>;

/// How many instances one `for_each` may make.
const MOST_INSTANCES: usize = 10_000;

/// One instance of a check: the values of `each`.
pub(super) struct Instance {
    pub(super) values: Vec<(String, serde_json::Value)>,
}

impl Instance {
    /// The values as they stand in the name of the instance.
    pub(super) fn shown(&self) -> Vec<String> {
        let shown =
            |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.values.iter().map(|(_, value)| shown(value)).collect()
    }
}

/// The instances that `for_each` asks for: every combination of its lists.
pub(super) fn instances(
    source: SourceId,
    value: Spanned<DeValue<'_>>,
    known: &Known<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Vec<Instance>> {
    let whole = place(source, value.span());
    let before = out.len();
    let Some(fields) = Fields::of(source, value, "`for_each`", out) else {
        let help = "name a list, as in `for_each = { deployment = \"vars.deployments\" }`";
        out[before..].iter_mut().for_each(|told| told.help = Some(help.to_owned()));
        return None;
    };
    let mut all = vec![Instance { values: Vec::new() }];
    let table = fields.rest();
    if table.is_empty() {
        out.push(
            Diagnostic::error(Code::EmptyList, "`for_each` is empty, and would make no check", whole)
                .help("name a list, as in `for_each = { deployment = \"vars.deployments\" }`"),
        );
    }
    for (name, mut value) in table {
        let span = place(source, value.span());
        let mut found = in_words(value.get_ref());
        let list = if let DeValue::String(text) = value.get_ref() {
            match evaluate_known(text, &known.names, &known.scope) {
                Ok(list) => {
                    found = format!("{} `{list}`", list.kind());
                    serde_json::to_value(&list).unwrap_or_default()
                }
                Err(wrong) => {
                    out.push(wrong_text(&wrong, "expression", &known.names, span));
                    continue;
                }
            }
        } else {
            if !fill(source, &mut value, &known.filler(), out) {
                continue;
            }
            to_json(value.get_ref())
        };
        let serde_json::Value::Array(list) = list else {
            out.push(
                Diagnostic::error(
                    Code::InvalidValue,
                    format!("expected a list to make checks of, found {found}"),
                    span,
                )
                .help("give a list, or an expression that names one, such as `vars.deployments`"),
            );
            continue;
        };
        if list.is_empty() {
            out.push(
                Diagnostic::error(Code::EmptyList, "the list is empty, and would make no check", span)
                    .help("an empty list asks for nothing; use `when` for a check that may not apply"),
            );
            continue;
        }
        if all.len().saturating_mul(list.len()) > MOST_INSTANCES {
            out.push(
                Diagnostic::error(
                    Code::UnsatisfiableLimit,
                    format!("`for_each` would make more than {MOST_INSTANCES} checks"),
                    span,
                )
                .help("give it shorter lists, or fewer of them"),
            );
            continue;
        }
        all = all
            .iter()
            .flat_map(|instance| {
                list.iter().map(|value| {
                    let mut values = instance.values.clone();
                    values.push((name.get_ref().to_string(), value.clone()));
                    Instance { values }
                })
            })
            .collect();
    }
    (out.len() == before).then_some(all)
}
