#![doc = include_str!("../README.md")]

mod access;
mod aged;
mod clip;
mod command;
mod deployment;
mod diagnostics;
mod format;
mod json;
mod judgement;
mod markdown;
mod measure;
mod next;
mod renderer;
mod renderers;
mod sign;
mod sign_off;
mod text;
mod visible;
mod why;
mod wording;

pub use self::{
    diagnostics::render_diagnostics,
    format::{Format, UnknownFormat},
    json::{Json, SCHEMA_VERSION, report_schema},
    judgement::decision_word,
    markdown::Markdown,
    renderer::{Renderer, render_to_string},
    renderers::{NameTaken, Renderers, UnknownRenderer},
    text::Text,
};
