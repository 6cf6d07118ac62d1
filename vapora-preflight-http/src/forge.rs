//! Forges and what builds beside them: where tickets, changes and pipelines are.

mod account;
mod approved;
mod change;
mod checked;
mod comment;
mod link;
mod number;
mod reply;
pub(crate) mod selected;
mod session;
mod settings;
mod ticket;

pub(crate) use self::{
    account::Account,
    change::{Change, ChangeState, Opinion},
    checked::{Checked, CheckedState, checks_of},
    comment::{Comment, comments, say, say_instead, who_asks},
    reply::Reply,
    session::{Flavor, Page, Session},
    settings::{is_project, validate_url},
    ticket::{Ticket, Tracked},
};
pub use self::{
    number::ForgeNumber,
    settings::{ForgeApi, ForgeSettings},
};
