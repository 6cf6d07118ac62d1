//! Who is called by a message.

use super::Service;

/// Somebody who is called, as the service writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mention {
    /// Written into the text, and no more.
    Written(String),
    /// Everybody who is there, on Discord.
    Everybody(&'static str),
    /// A person on Discord, by id.
    Person(String),
    /// A role on Discord, by id.
    Role(String),
    /// A person in an Adaptive Card: the name, and the address or id.
    Card { name: String, id: String },
}

impl Mention {
    /// What stands in the text.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Written(text) => text.clone(),
            Self::Everybody(word) => format!("@{word}"),
            Self::Person(id) => format!("<@{id}>"),
            Self::Role(id) => format!("<@&{id}>"),
            Self::Card { name, .. } => format!("<at>{name}</at>"),
        }
    }
}

/// The one whom a word of `mention` means, or why nobody can be called so.
pub(super) fn read(service: Service, word: &str) -> Result<Mention, &'static str> {
    let word = word.trim();
    let name = word.strip_prefix('@').unwrap_or(word);
    let plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    };
    let id = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let of_slack =
        |text: &str| text.len() > 5 && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    match service {
        Service::Slack => match name {
            "here" | "channel" | "everyone" => Ok(Mention::Written(format!("<!{name}>"))),
            _ if of_slack(name) && name.starts_with(['U', 'W']) => Ok(Mention::Written(format!("<@{name}>"))),
            _ if of_slack(name) && name.starts_with('S') => {
                Ok(Mention::Written(format!("<!subteam^{name}>")))
            }
            _ => Err("Slack calls `here`, `channel`, `everyone`, and ids such as `U024BE7LH`"),
        },
        Service::Mattermost if plain(name) => Ok(Mention::Written(format!("@{name}"))),
        Service::Mattermost => {
            Err("Mattermost calls `here`, `channel`, `all`, and names of people and groups")
        }
        Service::Discord => match name {
            "here" => Ok(Mention::Everybody("here")),
            "everyone" => Ok(Mention::Everybody("everyone")),
            _ if id(name) => Ok(Mention::Person(name.to_owned())),
            _ => match name.strip_prefix("role:") {
                Some(role) if id(role) => Ok(Mention::Role(role.to_owned())),
                _ => {
                    Err("Discord calls `here`, `everyone`, ids of people, and `role:` with the id of a role")
                }
            },
        },
        Service::Teams => match word.strip_suffix('>').and_then(|word| word.split_once('<')) {
            Some((name, id))
                if !name.trim().is_empty() && !name.contains('>') && (id.contains('@') || is_object(id)) =>
            {
                Ok(Mention::Card { name: name.trim().to_owned(), id: id.trim().to_owned() })
            }
            _ => Err("Teams calls people as `Ada <ada@example.com>`"),
        },
        Service::Webhook => Err("a webhook calls nobody by itself; write it into the text or the `body`"),
    }
}

/// Whether it is the id of an object of Microsoft Entra, such as `87d349ed-44d7-43e1-9a83-5f2406dee5bd`.
fn is_object(id: &str) -> bool {
    let lengths: Vec<usize> = id.trim().split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && id.trim().chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_calls_people_in_its_own_way() {
        for (service, word, written) in [
            (Service::Slack, "here", "<!here>"),
            (Service::Slack, "@channel", "<!channel>"),
            (Service::Slack, "U024BE7LH", "<@U024BE7LH>"),
            (Service::Slack, "SAZ94GDB8", "<!subteam^SAZ94GDB8>"),
            (Service::Mattermost, "ada.lovelace", "@ada.lovelace"),
            (Service::Discord, "everyone", "@everyone"),
            (Service::Discord, "80351110224678912", "<@80351110224678912>"),
            (Service::Discord, "role:165511591545143296", "<@&165511591545143296>"),
            (Service::Teams, "Ada Lovelace <ada@example.com>", "<at>Ada Lovelace</at>"),
            (Service::Teams, "Ada <87d349ed-44d7-43e1-9a83-5f2406dee5bd>", "<at>Ada</at>"),
        ] {
            assert_eq!(read(service, word).unwrap().text(), written);
        }
        for (service, word) in [
            (Service::Slack, "ada"),
            (Service::Slack, "<!here>"),
            (Service::Slack, ""),
            (Service::Mattermost, "a b"),
            (Service::Discord, "ada"),
            (Service::Discord, "role:admins"),
            (Service::Teams, "ada@example.com"),
            (Service::Teams, "<ada@example.com>"),
            (Service::Teams, "Ada <87d349ed>"),
            (Service::Webhook, "here"),
        ] {
            assert!(read(service, word).is_err(), "{word}");
        }
    }
}
