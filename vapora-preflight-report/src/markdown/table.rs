//! Tables, cell by cell; the cells come escaped.

use std::fmt;

/// A table; columns in which no row says anything are left out, save the first one.
pub(super) fn write(out: &mut dyn fmt::Write, head: &[&str], rows: &[Vec<String>]) -> fmt::Result {
    let kept: Vec<usize> = (0..head.len())
        .filter(|column| {
            *column == 0 || rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty()))
        })
        .collect();
    let mut line = |cell: &dyn Fn(usize) -> String| -> fmt::Result {
        out.write_char('|')?;
        for column in &kept {
            write!(out, " {} |", cell(*column))?;
        }
        out.write_char('\n')
    };
    line(&|column| head[column].to_owned())?;
    line(&|_| "---".to_owned())?;
    for row in rows {
        line(&|column| row.get(column).cloned().unwrap_or_default())?;
    }
    out.write_char('\n')
}
