//! The conditions of checks: read, and made sure to name only what exists.

use std::collections::HashMap;

use super::{Assembly, CheckConditions, Told};
use crate::{
    Code, Diagnostic, Span,
    expr::{Condition, Names},
    plan::{
        Node,
        draft::{DraftCheck, Text},
    },
    spec::wrong_text,
};

impl Assembly<'_> {
    pub(super) fn conditions(&self, out: &mut Vec<Diagnostic>) -> Vec<CheckConditions> {
        let mut told = Told::default();
        let mut parsed: HashMap<(Span, &str), Condition> = HashMap::new();
        let common = Names::default()
            .closed("vars", self.draft.vars.keys())
            .deployment(&self.draft.deployment)
            .open("target");
        let mut all = Vec::with_capacity(self.draft.checks.len());
        for check in &self.draft.checks {
            if check.expect.is_empty() && check.warn_unless.is_empty() {
                all.push(CheckConditions { expect: Vec::new(), warn_unless: Vec::new() });
                continue;
            }
            let mut names: Option<Option<Names>> = None;
            let mut parse = |texts: &[Text]| -> Vec<Condition> {
                let mut conditions = Vec::new();
                for text in texts {
                    // the instances of `for_each` share their conditions
                    let key = text.span.filter(|_| check.baseline.is_none()).map(|span| (span, &*check.kind));
                    if let Some(condition) = key.and_then(|key| parsed.get(&key)) {
                        conditions.push(Condition::clone(condition));
                        continue;
                    }
                    let names = names.get_or_insert_with(|| self.names(check, &common));
                    let condition = match names {
                        Some(names) => Condition::parse(&text.text, names),
                        // any evidence may come: only what cannot be read is found now
                        None => Condition::parse_open(&text.text),
                    };
                    match condition {
                        Ok(condition) => {
                            parsed.extend(key.map(|key| (key, condition.clone())));
                            conditions.push(condition);
                        }
                        Err(wrong) => {
                            if told.first(Code::InvalidExpression, text) {
                                let names = names.clone().unwrap_or_default();
                                out.push(wrong_text(&wrong, "expression", &names, text.span));
                            }
                        }
                    }
                }
                conditions
            };
            let (expect, warn_unless) = (parse(&check.expect), parse(&check.warn_unless));
            all.push(CheckConditions { expect, warn_unless });
        }
        all
    }

    /// What the conditions of a check may name; nothing where its evidence is not known beforehand.
    fn names(&self, check: &DraftCheck, common: &Names) -> Option<Names> {
        let mut names = common.clone().closed("each", check.each.keys());
        for field in check.evidence? {
            names = names.open(field.name);
        }
        if let Some(baseline) = &check.baseline {
            let evidence = match self.named(&baseline.text).as_deref() {
                Some([Node::Check(index)]) => self.draft.checks[*index].evidence,
                // that it is no check has been told
                _ => None,
            };
            names = match evidence {
                Some(fields) => names.closed("baseline", fields.iter().map(|field| field.name)),
                None => names.open("baseline"),
            };
        }
        Some(names)
    }
}
