//! The parts of a calendar, and their properties.

use super::Trouble;

/// How deep parts lie in each other at most; an alarm in an event in a calendar is the third.
const DEEPEST: usize = 8;

/// A part of a calendar: an event, a time zone, or the calendar itself.
#[derive(Debug)]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) properties: Vec<Property>,
    pub(crate) parts: Vec<Component>,
}

/// A property with its parameters; the value stands as it is written.
#[derive(Debug)]
pub(crate) struct Property {
    name: String,
    parameters: Vec<(String, String)>,
    pub(crate) value: String,
}

impl Property {
    /// A property from its line, `NAME;PARAMETER=VALUE:VALUE`; a value of a parameter in quotes may hold any sign.
    fn read(line: &str) -> Option<Self> {
        let name_end = line.find([';', ':'])?;
        let (name, mut rest) = line.split_at(name_end);
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        {
            return None;
        }
        let mut parameters = Vec::new();
        while let Some(parameter) = rest.strip_prefix(';') {
            let mut quoted = false;
            let end = parameter.find(|c| {
                quoted ^= c == '"';
                !quoted && matches!(c, ';' | ':')
            })?;
            let (key, value) = parameter[..end].split_once('=')?;
            parameters.push((key.to_owned(), value.trim_matches('"').to_owned()));
            rest = &parameter[end..];
        }
        Some(Self { name: name.to_owned(), parameters, value: rest.strip_prefix(':')?.to_owned() })
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl Component {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// All properties of that name.
    pub(crate) fn all<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c Property> {
        self.properties.iter().filter(move |property| property.is(name))
    }

    /// The first property of that name.
    pub(crate) fn first(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.is(name))
    }

    /// A text without its escapes; none where it is missing or empty.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = unescaped(self.first(name)?.value.trim());
        (!text.is_empty()).then_some(text)
    }

    /// Whether a property has this value, whatever its case.
    pub(crate) fn says(&self, name: &str, value: &str) -> bool {
        self.first(name).is_some_and(|property| property.value.trim().eq_ignore_ascii_case(value))
    }
}

/// The calendars of a text. A text that holds none, or is cut short, is trouble.
pub(crate) fn read(text: &str) -> Result<Vec<Component>, Trouble> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut calendars = Vec::new();
    // the parts that have begun and not ended, each within the one before it
    let mut open: Vec<Component> = Vec::new();
    for (number, line) in unfolded(text) {
        let at = |what: String| Trouble::new(format!("in line {number}, {what}"));
        let property =
            Property::read(&line).ok_or_else(|| at(format!("`{}` is no property", in_short(&line))))?;
        if open.is_empty()
            && !(property.is("BEGIN") && property.value.trim().eq_ignore_ascii_case("VCALENDAR"))
        {
            return Err(at(format!("expected `BEGIN:VCALENDAR`, found `{}`", in_short(&line))));
        }
        if property.is("BEGIN") {
            if open.len() == DEEPEST {
                return Err(at(format!("the parts lie more than {DEEPEST} deep")));
            }
            let name = property.value.trim().to_owned();
            open.push(Component { name, properties: Vec::new(), parts: Vec::new() });
        } else if property.is("END") {
            match open.pop() {
                Some(part) if part.is(property.value.trim()) => match open.last_mut() {
                    Some(around) => around.parts.push(part),
                    None => calendars.push(part),
                },
                part => {
                    let name = part.map(|part| part.name).unwrap_or_default();
                    return Err(at(format!("expected `END:{name}`, found `{}`", in_short(&line))));
                }
            }
        } else if let Some(part) = open.last_mut() {
            part.properties.push(property);
        }
    }
    match open.pop() {
        Some(part) => Err(Trouble::new(format!("it is cut short: `{}` does not end", in_short(&part.name)))),
        None if calendars.is_empty() => Err(Trouble::new("it is empty")),
        None => Ok(calendars),
    }
}

/// The lines of a text with the number of each, those that were folded put together again, and empty ones left out.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let plain = text.split(['\r', '\n']);
    // a line end of two characters is followed by an empty line here, which is left out
    let mut number = 1;
    let mut before = '\n';
    let mut ends = text.chars().filter(|c| matches!(c, '\r' | '\n'));
    for line in plain {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, whole))) => whole.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => lines.push((number, line.to_owned())),
        }
        if let Some(end) = ends.next() {
            number += usize::from(!(before == '\r' && end == '\n' && line.is_empty()));
            before = end;
        }
    }
    lines
}

/// A line as it is told, cut after 60 characters.
fn in_short(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// A text without its escapes.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
            other => plain.push(other),
        }
    }
    plain
}

/// The texts of a list, split at the commas that are not escaped.
pub(super) fn listed(value: &str) -> Vec<String> {
    let (mut parts, mut part, mut escaped) = (Vec::new(), String::new(), false);
    for c in value.chars() {
        if c == ',' && !escaped {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(part);
    parts.iter().map(|part| unescaped(part.trim())).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_is_read_with_its_folds_and_escapes() {
        let text = "\u{feff}BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY;LANGUAGE=en:Move\\, th\r\n en \\\"grow\\\"\\n\
                    now: 1\r\nDTSTART;TZID=\"Europe/Madrid\":20261201T140000\r\nCATEGORIES:A\\,B,C\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let calendars = read(text).unwrap();
        let event = &calendars[0].parts[0];
        assert_eq!(event.text("summary").as_deref(), Some("Move, then \"grow\"\nnow: 1"));
        assert_eq!(event.first("DTSTART").unwrap().parameter("tzid"), Some("Europe/Madrid"));
        assert_eq!(listed(&event.first("CATEGORIES").unwrap().value), ["A,B", "C"]);
        assert!(calendars[0].is("VCALENDAR") && event.is("VEVENT"));
    }

    #[test]
    fn any_end_of_a_line_ends_it() {
        let text = "BEGIN:VCALENDAR\nX-A:1\r\nX-B;P=\"a;b:c\";Q=d:2\r \t3\r\n\r\n\nx-c:4:5\r\nEND:VCALENDAR";
        let calendars = read(text).unwrap();
        let told = |name: &str| calendars[0].first(name).map(|property| property.value.clone());
        assert_eq!([told("X-A"), told("X-B"), told("X-C")].map(Option::unwrap), ["1", "2\t3", "4:5"]);
        let b = calendars[0].first("X-B").unwrap();
        assert_eq!((b.parameter("p"), b.parameter("Q")), (Some("a;b:c"), Some("d")));
        assert_eq!(calendars[0].properties.len(), 3);
    }

    #[test]
    fn what_is_no_whole_calendar_is_trouble() {
        let mut told = Vec::new();
        let deep = format!("BEGIN:VCALENDAR\n{}", "BEGIN:X\n".repeat(100_000));
        for text in [
            "",
            " \r\n\r\n",
            "<!doctype html><title>Sign in</title>",
            "BEGIN:VEVENT\nEND:VEVENT\n",
            "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:x\n",
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n",
            "BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR\n",
            "BEGIN:VCALENDAR\nEND:VCALENDAR\nSUMMARY:x\n",
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nno property at all\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            "BEGIN:VCALENDAR\nX;A:b\nEND:VCALENDAR\n",
            "BEGIN:VCALENDAR\nX;A=\"b:c\nEND:VCALENDAR\n",
            "BEGIN:VCALENDAR\n:x\nEND:VCALENDAR\n",
            &deep,
        ] {
            told.push(read(text).unwrap_err().to_string());
        }
        insta::assert_snapshot!(told.join("\n"));
    }
}
