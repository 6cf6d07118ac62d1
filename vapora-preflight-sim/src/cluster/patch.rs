//! Patches: of JSON, by merging, and by merging lists by their keys.

mod json;
mod merge;
mod strategic;

pub(crate) use self::{
    json::{NotDone, json},
    merge::merge,
    strategic::strategic,
};
