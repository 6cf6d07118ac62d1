//! Conditions and templates: one small expression language, that of minijinja, compiled and name-checked at load time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use minijinja::{
    Environment, Error, ErrorKind, UndefinedBehavior,
    machinery::{Token, tokenize},
    syntax::SyntaxConfig,
    value::Serde,
};

use crate::{Evidence, Period};

mod strict;

/// How much work one expression or template may do.
const FUEL: u64 = 20_000;

/// How long an expression or template may be, in bytes.
const LONGEST: usize = 64 << 10;

/// How many tokens one expression may have. What is made of it is walked recursively, and is as deep as it is long where
/// it is a chain, as `1 + 1 + …`; no thread's stack may be exhausted by that.
const MOST_TOKENS: usize = 400;

/// How many blocks, as `{% if … %}`, one template may have; they are walked in the same way.
const MOST_BLOCKS: usize = 100;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(64);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_filter("duration", |text: String| -> Result<f64, Error> {
        let period: Period = text.parse().map_err(|error: crate::InvalidTime| {
            Error::new(ErrorKind::InvalidOperation, error.to_string())
        })?;
        Ok(period.get().as_secs_f64())
    });
    environment.add_filter("bytes", |text: String| -> Result<f64, Error> {
        crate::bytes::parse(&text)
            .map(|bytes| bytes as f64)
            .map_err(|message| Error::new(ErrorKind::InvalidOperation, message))
    });
    environment
});

/// What is wrong with an expression or a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// What is wrong, in words.
    pub(crate) message: String,
    /// Whether it names something that does not exist; then this is the name.
    pub(crate) unknown: Option<String>,
    /// What to do about it.
    pub(crate) help: Option<String>,
}

impl Wrong {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), unknown: None, help: None }
    }

    fn of(error: &Error) -> Self {
        let mut message = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        if error.kind() == ErrorKind::UndefinedError && error.detail().is_none() {
            "it uses something that has no value".clone_into(&mut message);
        }
        if error.kind() == ErrorKind::OutOfFuel {
            "it does more work than an expression may".clone_into(&mut message);
        }
        Self::new(message)
    }
}

/// The names that an expression may use: those of the first level, and below some of them those of the second.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    known: BTreeMap<String, Option<Arc<BTreeSet<String>>>>,
    /// Names that exist and have no value, each with what to do about it.
    absent: Arc<BTreeMap<String, String>>,
}

impl Names {
    /// A name below which anything may stand.
    pub(crate) fn open(mut self, name: impl Into<String>) -> Self {
        self.known.insert(name.into(), None);
        self
    }

    /// A name below which only these may stand.
    pub(crate) fn closed<S: Into<String>>(
        mut self,
        name: impl Into<String>,
        below: impl IntoIterator<Item = S>,
    ) -> Self {
        self.known.insert(name.into(), Some(Arc::new(below.into_iter().map(Into::into).collect())));
        self
    }

    /// What is known of the deployment.
    pub(crate) fn deployment(self, deployment: &crate::Deployment) -> Self {
        const HELP: &str = "give it in `[deployment]`, or let the caller give it";
        let mut names = self.closed("deployment", ["release", "environment", "planned", "window"]);
        for (name, there) in [
            ("release", deployment.release.is_some()),
            ("environment", deployment.environment.is_some()),
            ("planned", deployment.planned.is_some()),
            ("window", deployment.window.is_some()),
        ] {
            if !there {
                names = names.absent(format!("deployment.{name}"), HELP);
            }
        }
        names
    }

    /// A name that exists and has no value.
    pub(crate) fn absent(mut self, name: impl Into<String>, help: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.absent).insert(name.into(), help.into());
        self
    }

    /// The same failure, put down to the first of the names in use that has no value.
    fn explained(&self, wrong: Wrong, used: &BTreeSet<String>) -> Wrong {
        match self.absent.iter().find(|(name, _)| used.contains(*name)) {
            Some((name, help)) => {
                Wrong { help: Some(help.clone()), ..Wrong::new(format!("`{name}` is not given")) }
            }
            None => wrong,
        }
    }

    /// All names of the first level and below, for suggestions.
    pub(crate) fn all(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (name, below) in &self.known {
            match below {
                Some(below) => all.extend(below.iter().map(|rest| format!("{name}.{rest}"))),
                None => all.push(name.clone()),
            }
        }
        all
    }

    fn unknown(&self, used: &BTreeSet<String>) -> Result<(), Wrong> {
        for path in used {
            let mut parts = path.split('.');
            let first = parts.next().unwrap_or_default();
            let wrong = |name: &str| Wrong {
                unknown: Some(name.to_owned()),
                ..Wrong::new(format!("`{name}` does not exist"))
            };
            match (self.known.get(first), parts.next()) {
                (None, _) => return Err(wrong(path)),
                (Some(Some(below)), Some(second)) if !below.contains(second) => {
                    return Err(wrong(&format!("{first}.{second}")));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A condition over a check's evidence. Only exactly `true` holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    text: String,
    /// The names that it uses, as `value` or `vars.limit`.
    uses: Arc<BTreeSet<String>>,
}

impl Condition {
    /// Reads a condition, and makes sure that it names only what exists.
    pub(crate) fn parse(text: &str, names: &Names) -> Result<Self, Wrong> {
        if text.trim().is_empty() {
            return Err(Wrong::new("it is empty"));
        }
        guard(text, true)?;
        let uses = check_names(text, names)?;
        strict::check(&ENVIRONMENT, text)?;
        Ok(Self { text: text.to_owned(), uses: Arc::new(uses) })
    }

    /// Reads a condition over evidence that is not known beforehand, as that of a check written in Rust.
    pub(crate) fn parse_open(text: &str) -> Result<Self, Wrong> {
        if text.trim().is_empty() {
            return Err(Wrong::new("it is empty"));
        }
        guard(text, true)?;
        strict::check(&ENVIRONMENT, text)?;
        let expression = ENVIRONMENT.compile_expression(text).map_err(|error| Wrong::of(&error))?;
        let uses = expression.undeclared_variables(true).into_iter().collect();
        Ok(Self { text: text.to_owned(), uses: Arc::new(uses) })
    }

    /// The condition as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The names that it uses, as `value` or `vars.limit`.
    pub(crate) fn uses(&self) -> &BTreeSet<String> {
        &self.uses
    }

    /// Whether it holds now, over what is known when the checklist is read.
    pub(crate) fn holds_now(&self, names: &Names, scope: &minijinja::Value) -> Result<bool, Wrong> {
        self.holds(scope).map_err(|message| names.explained(Wrong::new(message), &self.uses))
    }

    /// Whether it holds: exactly true, or exactly false; anything else is an error.
    pub(crate) fn holds(&self, scope: &minijinja::Value) -> Result<bool, String> {
        strict::holds(&ENVIRONMENT, &self.text, scope)
    }
}

/// Works out an expression.
pub(crate) fn evaluate(text: &str, scope: &minijinja::Value) -> Result<minijinja::Value, Wrong> {
    guard(text, true)?;
    let expression = ENVIRONMENT.compile_expression(text).map_err(|error| Wrong::of(&error))?;
    expression.eval(scope.clone()).map_err(|error| Wrong::of(&error))
}

/// Works out an expression after making sure that it names only what exists.
pub(crate) fn evaluate_known(
    text: &str,
    names: &Names,
    scope: &minijinja::Value,
) -> Result<minijinja::Value, Wrong> {
    guard(text, true)?;
    check_names(text, names)?;
    evaluate(text, scope)
}

/// The names that an expression uses, all of which exist.
fn check_names(text: &str, names: &Names) -> Result<BTreeSet<String>, Wrong> {
    let expression = ENVIRONMENT.compile_expression(text).map_err(|error| Wrong::of(&error))?;
    let used = expression.undeclared_variables(true).into_iter().collect();
    names.unknown(&used)?;
    Ok(used)
}

/// Whether a text has anything to fill in.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// Fills a template in, after making sure that it names only what exists.
pub(crate) fn render(text: &str, names: &Names, scope: &minijinja::Value) -> Result<String, Wrong> {
    guard(text, false)?;
    let template = ENVIRONMENT.template_from_str(text).map_err(|error| Wrong::of(&error))?;
    let used = template.undeclared_variables(true).into_iter().collect();
    names.unknown(&used)?;
    template.render(scope.clone()).map_err(|error| names.explained(Wrong::of(&error), &used))
}

/// Makes sure that a text can be parsed and walked without exhausting anything.
fn guard(text: &str, is_expression: bool) -> Result<(), Wrong> {
    if text.len() > LONGEST {
        return Err(Wrong::new(format!("it is longer than {LONGEST} bytes")));
    }
    let (mut tokens, mut blocks) = (0, 0);
    for token in tokenize(text, is_expression, SyntaxConfig::default()) {
        // what cannot be read is told when it is parsed
        let Ok((token, _)) = token else { return Ok(()) };
        match token {
            Token::VariableStart => tokens = 0,
            Token::BlockStart => (tokens, blocks) = (0, blocks + 1),
            _ => tokens += 1,
        }
        let message = if tokens > MOST_TOKENS {
            format!("it has more than {MOST_TOKENS} words and signs")
        } else if blocks > MOST_BLOCKS {
            format!("it has more than {MOST_BLOCKS} blocks")
        } else {
            continue;
        };
        let help = Some("make it shorter, or let the check itself work it out".to_owned());
        return Err(Wrong { help, ..Wrong::new(message) });
    }
    Ok(())
}

/// A value as templates and expressions see it. It is cheap to clone.
pub(crate) fn value_of(value: &serde_json::Value) -> minijinja::Value {
    minijinja::Value::from(Serde(value))
}

/// What a template sees: values by name.
pub(crate) fn scope_of(rows: BTreeMap<String, minijinja::Value>) -> minijinja::Value {
    minijinja::Value::from(rows)
}

/// What an expression sees: what is fixed for a check, its evidence, and that of its baseline.
pub(crate) fn scope(
    fixed: &serde_json::Value,
    evidence: Option<&Evidence>,
    baseline: Option<&Evidence>,
) -> minijinja::Value {
    let mut rows: BTreeMap<String, minijinja::Value> = BTreeMap::new();
    if let Some(object) = fixed.as_object() {
        rows.extend(object.iter().map(|(name, value)| (name.clone(), minijinja::Value::from(Serde(value)))));
    }
    if let Some(baseline) = baseline {
        rows.insert("baseline".to_owned(), minijinja::Value::from(of_evidence(baseline)));
    }
    rows.extend(evidence.map(of_evidence).into_iter().flatten());
    minijinja::Value::from(rows)
}

fn of_evidence(evidence: &Evidence) -> BTreeMap<String, minijinja::Value> {
    let value = |item: &crate::Item| (item.name.clone(), minijinja::Value::from(Serde(&item.value)));
    evidence.items().iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, evidence: &Evidence, baseline: Option<&Evidence>) -> Result<bool, String> {
        let names = Names::default().open("value").open("body").open("vars").closed("baseline", ["value"]);
        let condition = Condition::parse(text, &names).map_err(|wrong| wrong.message)?;
        condition.holds(&scope(&serde_json::json!({ "vars": { "limit": 5 } }), Some(evidence), baseline))
    }

    #[test]
    fn only_exactly_true_holds() {
        let evidence = Evidence::new().with("value", 1.0).with("body", "yes");
        assert_eq!(holds("value <= vars.limit", &evidence, None), Ok(true));
        assert_eq!(holds("value > vars.limit", &evidence, None), Ok(false));
        for odd in [
            "value",
            "'yes'",
            "body",
            "1",
            "[1]",
            "none",
            "value <= body",
            "body > value",
            "none < 1",
            "value == body",
            "value != body",
            "true and value",
            "not body",
            "value in vars.limit",
            "value or true",
        ] {
            assert!(holds(odd, &evidence, None).is_err(), "{odd}");
        }
        for yes in [
            "body == 'yes'",
            "body in ['yes', 'no']",
            "'e' in body",
            "0 < value <= 5",
            "not (value > 5 or body == 'no')",
        ] {
            assert_eq!(holds(yes, &evidence, None), Ok(true), "{yes}");
        }
        assert!(holds("(value > 5)|string == 'x'", &evidence, None).is_err());
    }

    #[test]
    fn no_data_never_holds() {
        let evidence = Evidence::new().with("value", f64::NAN);
        for text in
            ["value <= 1", "value >= 0", "value < 1e9", "not (value > 1)", "value != 5", "value not in [1]"]
        {
            assert!(holds(text, &evidence, None).is_err(), "{text}");
            assert!(holds(text, &Evidence::new(), None).is_err(), "{text}");
        }
    }

    #[test]
    fn a_baseline_is_compared_by_its_evidence() {
        let (now, then) = (Evidence::new().with("value", 11.5), Evidence::new().with("value", 10));
        assert_eq!(holds("value <= baseline.value * 1.10", &now, Some(&then)), Ok(false));
        assert_eq!(holds("value <= baseline.value * 1.20", &now, Some(&then)), Ok(true));
        assert!(holds("value <= baseline.value", &now, None).is_err());
    }

    #[test]
    fn units_can_be_written_out() {
        let evidence = Evidence::new().with("value", 0.2);
        assert_eq!(holds("value < '250ms'|duration", &evidence, None), Ok(true));
        assert_eq!(holds("value < '1KiB'|bytes", &evidence, None), Ok(true));
        assert!(holds("value < 'soon'|duration", &evidence, None).is_err());
    }

    #[test]
    fn a_name_that_does_not_exist_is_found_when_it_is_read() {
        let names = Names::default().open("value").closed("vars", ["limit"]);
        let wrong = |text| Condition::parse(text, &names).unwrap_err().unknown;
        assert_eq!(wrong("valeu > 1"), Some("valeu".to_owned()));
        assert_eq!(wrong("value > vars.limt"), Some("vars.limt".to_owned()));
        assert_eq!(wrong("value >"), None);
    }

    #[test]
    fn work_is_bounded() {
        let evidence = Evidence::new().with("value", 1);
        assert!(holds("range(100000000)|length > 1", &evidence, None).is_err());
        assert!(holds(&"(".repeat(4_000), &evidence, None).is_err());
        assert!(holds(&"not ".repeat(1_000), &evidence, None).is_err());
    }
}
