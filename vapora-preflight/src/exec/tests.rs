//! The rules of a run, each by a small plan; and the whole against an oracle.

mod access;
mod conditions;
mod effects;
mod needs;
mod oracle;
mod people;
mod putting_back;
mod recording;
mod resume;
mod selecting;
mod stopping;
mod time;
