#![doc = include_str!("../README.md")]

mod clip;
mod deployment;
mod diagnostics;
mod format;
mod json;
mod judgement;
mod markdown;
mod measure;
mod renderer;
mod renderers;
mod sign;
mod sign_off;
mod text;
mod visible;
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
