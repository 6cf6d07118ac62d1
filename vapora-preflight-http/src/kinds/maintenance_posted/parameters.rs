//! How the parameters go together.

use jiff::tz::TimeZone;
use vapora_preflight::Problems;

use super::{MaintenancePosted, Service, webhook};
use crate::{StatusSet, param::Method, template};

impl MaintenancePosted {
    /// What is wrong with where it goes.
    pub(super) fn check_place(&self, problems: &mut Problems) {
        if self.name.trim().is_empty() {
            problems.at("name", "the name is empty", "write one that names the release");
        }
        let cachet = matches!(self.service, Service::Cachet | Service::CachetV2);
        if self.service == Service::Statuspage
            && self.page_id.as_deref().is_none_or(|page| page.trim().is_empty())
        {
            problems.whole("it is not said which page", "name its id, as in `page_id = \"gytm4qzbx9t6\"`");
        }
        if self
            .page_id
            .as_deref()
            .is_some_and(|page| !page.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
        {
            problems.at("page_id", "it is no id of a page", "write the id alone");
        }
        if self.service != Service::Statuspage && self.page_id.is_some() {
            problems.at("page_id", "only Statuspage knows pages by an id", "leave it out");
        }
        if cachet && self.api.is_none() {
            problems.whole("it is not said where Cachet answers", "name its address up to `/api` as `api`");
        }
        if self.service != Service::Webhook && self.token.is_none() {
            problems.whole(
                "nothing proves who posts",
                "name the secret, as in `token = { env = \"STATUSPAGE_KEY\" }`",
            );
        }
        if !cachet && self.zone.is_some() {
            problems.at("zone", "only Cachet says its times without a zone", "leave it out");
        }
        if self.zone.as_deref().is_some_and(|zone| TimeZone::get(zone).is_err()) {
            problems.at("zone", "no such time zone is known", "write it as in `Europe/Madrid`");
        }
        if self.service != Service::Statuspage && !(self.tell_subscribers && self.automatic) {
            let name = if self.automatic { "tell_subscribers" } else { "automatic" };
            problems.at(name, "only Statuspage is told this", "leave it out");
        }
        if self.components.iter().any(|id| id.trim().is_empty()) {
            problems.at("components", "one of the ids is empty", "name the ids, or leave it out");
        }
    }

    /// What is wrong with what only a webhook is told.
    pub(super) fn check_webhook(&self, problems: &mut Problems) {
        if self.service != Service::Webhook {
            for (given, name) in [
                (self.webhook.is_some(), "webhook"),
                (!self.headers.is_empty(), "headers"),
                (self.body != webhook::plain(), "body"),
                (self.method != Method::Post, "method"),
                (self.status != StatusSet::default(), "status"),
                (self.seen_at.is_some(), "seen_at"),
            ] {
                if given {
                    let message = "it is for a service without an API of its own here";
                    problems.at(name, message, "leave it out, or write `service = \"webhook\"`");
                }
            }
            return;
        }
        if self.webhook.is_none() {
            problems.whole("it is not said where to post", "name the secret that holds the URL as `webhook`");
        }
        if self.seen_at.is_none() {
            problems.whole("it is not said where it is seen", "name the page as `seen_at`");
        }
        for (given, name) in [
            (self.api.is_some(), "api"),
            (self.token.is_some(), "token"),
            (!self.components.is_empty(), "components"),
        ] {
            if given {
                problems.at(name, "a webhook is not told this", "put it into `headers` or `body`");
            }
        }
        self.sender().validate(problems);
        if self.body.holds_date() {
            problems.at("body", "there is a date in it, which JSON does not know", "write the date as text");
        }
        if !template::holds(&self.body, "name") {
            problems.at("body", "the name is nowhere in it", "write `$name` where it belongs");
        }
        if self.status.is_empty() {
            problems.at("status", "the list is empty, so no status is right", "leave it out, or name one");
        }
    }
}
