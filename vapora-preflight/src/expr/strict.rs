//! Truth, told strictly.
//!
//! The template language orders values of any two types (`none <= 1` is true there) and takes any value for a truth. A
//! condition must not pass on such grounds, so what is logical in it is worked out here, over its syntax tree: operands
//! of `and`, `or` and `not` are exactly true or false, ordered operands are two numbers or two texts, and nothing is
//! compared with a value that is not there. The rest, arithmetic and filters, is left to the template engine.

use minijinja::{
    Environment, ErrorKind, Value,
    machinery::{
        CodeGenerator,
        ast::{BinOpKind, CallArg, CompareOpKind, Expr, UnaryOpKind},
        eval, make_string_output, parse_expr,
    },
    value::ValueKind,
};

use super::Wrong;

/// Whether the expression is exactly true or exactly false.
pub(super) fn holds(environment: &Environment<'_>, text: &str, scope: &Value) -> Result<bool, String> {
    let tree = parse_expr(text).map_err(|error| Wrong::of(&error).message)?;
    Strict { environment, text, scope }.truth(&tree)
}

/// Refuses a comparison that stands inside of arithmetic or of a filter, where it would not be told strictly; and what is
/// sure to fail whatever the evidence: a filter or a test that does not exist, a constant that its filter cannot read.
pub(super) fn check(environment: &Environment<'_>, text: &str) -> Result<(), Wrong> {
    let tree = parse_expr(text).map_err(|error| Wrong::of(&error))?;
    Checker { environment }.logical(&tree)
}

struct Checker<'a> {
    environment: &'a Environment<'a>,
}

impl Checker<'_> {
    fn logical(&self, expr: &Expr<'_>) -> Result<(), Wrong> {
        match expr {
            Expr::UnaryOp(unary) if matches!(unary.op, UnaryOpKind::Not) => self.logical(&unary.expr),
            Expr::BinOp(binary) if matches!(binary.op, BinOpKind::ScAnd | BinOpKind::ScOr) => {
                self.logical(&binary.left)?;
                self.logical(&binary.right)
            }
            Expr::BinOp(binary) if comparison(binary.op).is_none() => self.plain(expr),
            Expr::BinOp(binary) => {
                self.plain(&binary.left)?;
                self.plain(&binary.right)
            }
            Expr::Compare(compare) => {
                self.plain(&compare.expr)?;
                compare.ops.iter().try_for_each(|op| self.plain(&op.expr))
            }
            other => self.plain(other),
        }
    }

    /// Nothing logical may stand in here.
    fn plain(&self, expr: &Expr<'_>) -> Result<(), Wrong> {
        let misplaced = || {
            Err(Wrong {
                help: Some("join comparisons with `and`, `or` and `not`, and nothing else".to_owned()),
                ..Wrong::new("a comparison stands inside of another term")
            })
        };
        match expr {
            Expr::Compare(_) | Expr::IfExpr(_) => misplaced(),
            Expr::UnaryOp(unary) => match unary.op {
                UnaryOpKind::Not => misplaced(),
                UnaryOpKind::Neg => self.plain(&unary.expr),
            },
            Expr::BinOp(binary) => match binary.op {
                BinOpKind::Add
                | BinOpKind::Sub
                | BinOpKind::Mul
                | BinOpKind::Div
                | BinOpKind::FloorDiv
                | BinOpKind::Rem
                | BinOpKind::Pow
                | BinOpKind::Concat => {
                    self.plain(&binary.left)?;
                    self.plain(&binary.right)
                }
                _ => misplaced(),
            },
            Expr::Filter(filter) => {
                filter.expr.iter().try_for_each(|expr| self.plain(expr))?;
                filter.args.iter().try_for_each(|arg| self.argument(arg))?;
                self.filter(filter.name, filter.expr.as_ref(), &filter.args)
            }
            Expr::Test(test) => {
                self.plain(&test.expr)?;
                test.args.iter().try_for_each(|arg| self.argument(arg))?;
                match self.environment.empty_state().perform_test(test.name, &[]) {
                    Err(error) if error.kind() == ErrorKind::UnknownTest => {
                        Err(Wrong::new(format!("there is no test `{}`", test.name)))
                    }
                    _ => Ok(()),
                }
            }
            Expr::Call(call) => {
                self.plain(&call.expr)?;
                call.args.iter().try_for_each(|arg| self.argument(arg))
            }
            Expr::GetAttr(get) => self.plain(&get.expr),
            Expr::GetItem(get) => {
                self.plain(&get.expr)?;
                self.plain(&get.subscript_expr)
            }
            Expr::Slice(slice) => {
                self.plain(&slice.expr)?;
                [&slice.start, &slice.stop, &slice.step]
                    .into_iter()
                    .flatten()
                    .try_for_each(|expr| self.plain(expr))
            }
            Expr::List(list) => list.items.iter().try_for_each(|expr| self.plain(expr)),
            Expr::Tuple(tuple) => tuple.items.iter().try_for_each(|expr| self.plain(expr)),
            Expr::Map(map) => map.keys.iter().chain(&map.values).try_for_each(|expr| self.plain(expr)),
            Expr::Var(_) | Expr::Const(_) => Ok(()),
        }
    }

    fn argument(&self, argument: &CallArg<'_>) -> Result<(), Wrong> {
        match argument {
            CallArg::Pos(expr)
            | CallArg::Kwarg(_, expr)
            | CallArg::PosSplat(expr)
            | CallArg::KwargSplat(expr) => self.plain(expr),
        }
    }

    fn filter(&self, name: &str, expr: Option<&Expr<'_>>, args: &[CallArg<'_>]) -> Result<(), Wrong> {
        let mut state = self.environment.empty_state();
        if let Err(error) = state.apply_filter(name, &[])
            && error.kind() == ErrorKind::UnknownFilter
        {
            return Err(Wrong::new(format!("there is no filter `{name}`")));
        }
        let constant = |expr: &Expr<'_>| match expr {
            Expr::Const(constant) => Some(constant.value.clone()),
            _ => None,
        };
        let args = args.iter().map(|arg| match arg {
            CallArg::Pos(expr) => constant(expr),
            _ => None,
        });
        let values: Option<Vec<Value>> = std::iter::once(expr.and_then(constant)).chain(args).collect();
        match values {
            Some(values) => state.apply_filter(name, &values).map(|_| ()).map_err(|error| Wrong::of(&error)),
            None => Ok(()),
        }
    }
}

struct Strict<'a> {
    environment: &'a Environment<'a>,
    text: &'a str,
    scope: &'a Value,
}

impl<'a> Strict<'a> {
    fn truth(&self, expr: &Expr<'a>) -> Result<bool, String> {
        match expr {
            Expr::UnaryOp(unary) if matches!(unary.op, UnaryOpKind::Not) => Ok(!self.truth(&unary.expr)?),
            Expr::BinOp(binary) => match binary.op {
                BinOpKind::ScAnd => Ok(self.truth(&binary.left)? && self.truth(&binary.right)?),
                BinOpKind::ScOr => Ok(self.truth(&binary.left)? || self.truth(&binary.right)?),
                op => match comparison(op) {
                    Some(op) => self.compare(op, &self.value(&binary.left)?, &self.value(&binary.right)?),
                    None => as_truth(&self.value(expr)?),
                },
            },
            Expr::Compare(compare) => {
                let mut left = self.value(&compare.expr)?;
                for op in &compare.ops {
                    let right = self.value(&op.expr)?;
                    if !self.compare(op.op, &left, &right)? {
                        return Ok(false);
                    }
                    left = right;
                }
                Ok(true)
            }
            other => as_truth(&self.value(other)?),
        }
    }

    fn compare(&self, op: CompareOpKind, left: &Value, right: &Value) -> Result<bool, String> {
        for value in [left, right] {
            if value.is_undefined() || value.is_none() {
                return Err(format!("there is no value to compare in `{}`", self.text));
            }
            if f64::try_from(value.clone()).is_ok_and(f64::is_nan) {
                return Err(format!("a value in `{}` is not a number", self.text));
            }
        }
        let ordered = || match (left.kind(), right.kind()) {
            (ValueKind::Number, ValueKind::Number) | (ValueKind::String, ValueKind::String) => {
                Ok(left.cmp(right))
            }
            (a, b) => Err(format!("expected two numbers or two texts to compare, found {a} and {b}")),
        };
        let equal = || {
            if left.kind() == right.kind()
                || matches!(
                    (left.kind(), right.kind()),
                    (ValueKind::Seq | ValueKind::Iterable, ValueKind::Seq | ValueKind::Iterable)
                )
            {
                Ok(left == right)
            } else {
                Err(format!(
                    "expected two values of one type to compare, found {} and {}",
                    left.kind(),
                    right.kind()
                ))
            }
        };
        Ok(match op {
            CompareOpKind::Lt => ordered()?.is_lt(),
            CompareOpKind::Lte => ordered()?.is_le(),
            CompareOpKind::Gt => ordered()?.is_gt(),
            CompareOpKind::Gte => ordered()?.is_ge(),
            CompareOpKind::Eq => equal()?,
            CompareOpKind::Ne => !equal()?,
            CompareOpKind::In => contains(right, left)?,
            CompareOpKind::NotIn => !contains(right, left)?,
        })
    }

    /// What a term comes to, by the template engine.
    fn value(&self, expr: &Expr<'a>) -> Result<Value, String> {
        let mut generator = CodeGenerator::new("<expression>", self.text);
        generator.compile_expr(expr);
        let (instructions, blocks) = generator.finish();
        let mut nowhere = String::new();
        let done = eval(
            self.environment,
            &instructions,
            self.scope.clone(),
            &blocks,
            &mut make_string_output(&mut nowhere),
            minijinja::AutoEscape::None,
        );
        let (value, _) = done.map_err(|error| Wrong::of(&error).message)?;
        value.ok_or_else(|| "the expression has no value".to_owned())
    }
}

fn comparison(op: BinOpKind) -> Option<CompareOpKind> {
    Some(match op {
        BinOpKind::Eq => CompareOpKind::Eq,
        BinOpKind::Ne => CompareOpKind::Ne,
        BinOpKind::Lt => CompareOpKind::Lt,
        BinOpKind::Lte => CompareOpKind::Lte,
        BinOpKind::Gt => CompareOpKind::Gt,
        BinOpKind::Gte => CompareOpKind::Gte,
        BinOpKind::In => CompareOpKind::In,
        _ => return None,
    })
}

fn as_truth(value: &Value) -> Result<bool, String> {
    if value.kind() == ValueKind::Bool {
        Ok(value.is_true())
    } else {
        Err(format!("expected true or false, found {} `{value}`", value.kind()))
    }
}

/// Whether a list, a table or a text holds a value. What is no container holds nothing, and is an error.
fn contains(container: &Value, value: &Value) -> Result<bool, String> {
    match container.kind() {
        ValueKind::String => match (container.as_str(), value.as_str()) {
            (Some(text), Some(part)) => Ok(text.contains(part)),
            _ => Err(format!("expected a text to look for in a text, found {}", value.kind())),
        },
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
            let mut items = container.try_iter().map_err(|error| error.to_string())?;
            Ok(items.any(|item| item == *value))
        }
        other => Err(format!("expected a list, a table or a text to look into, found {other}")),
    }
}
