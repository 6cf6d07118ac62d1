//! What came of the rehearsals, as evidence.

use std::time::Duration;

use vapora_preflight::{Evidence, EvidenceField, Unit, Value};

use super::{place::Place, way::Way};
use crate::wording::names;

/// What is known of one deployment.
#[derive(Debug, Default)]
struct Row {
    name: String,
    revision: Option<u64>,
    undone_to: Option<u64>,
    images: Option<Value>,
    previous_images: Option<Value>,
    image_ids: Option<Value>,
    undo: Option<Duration>,
    restore: Option<Duration>,
}

/// What is known of all of them.
#[derive(Debug, Default)]
pub(super) struct Told {
    rows: Vec<Row>,
    pub(super) rehearsed: Vec<String>,
    pub(super) troubled: Vec<String>,
    /// Those whose rehearsal was killed, and that were put back first.
    pub(super) put_back_first: Vec<String>,
}

impl Told {
    fn row(&mut self, place: &Place) -> &mut Row {
        let name = place.name.to_string();
        let at = self.rows.iter().position(|row| row.name == name).unwrap_or_else(|| {
            self.rows.push(Row { name, ..Row::default() });
            self.rows.len() - 1
        });
        &mut self.rows[at]
    }

    /// Notes what was found.
    pub(super) fn found(&mut self, way: &Way) {
        let row = self.row(&way.place);
        row.revision = Some(way.present.number);
        row.undone_to = Some(way.previous.number);
        row.images = Some(way.present.read.images());
        row.previous_images = Some(way.previous.read.images());
        row.image_ids = way
            .ran
            .as_ref()
            .map(|ran| Value::table(ran.iter().map(|(name, ran)| (name.clone(), ran.said()))));
    }

    pub(super) fn undone(&mut self, place: &Place, took: Duration) {
        self.row(place).undo = Some(took);
    }

    pub(super) fn restored(&mut self, place: &Place, took: Duration) {
        self.row(place).restore = Some(took);
    }

    pub(super) fn is_restored(&self, place: &Place) -> bool {
        self.rows.iter().any(|row| row.name == place.name.as_str() && row.restore.is_some())
    }

    /// That there was something to put back before all else, as it is added to a summary.
    pub(super) fn first(&self) -> String {
        match self.put_back_first.len() {
            0 => String::new(),
            _ => format!(
                "; {} had been left undone by a rehearsal that was killed, and {} put back first",
                names(&self.put_back_first),
                if self.put_back_first.len() == 1 { "was" } else { "were" }
            ),
        }
    }

    pub(super) fn evidence(&self) -> Evidence {
        let by_name = |value: fn(&Row) -> Value| {
            Value::Table(self.rows.iter().map(|row| (row.name.clone(), value(row))).collect())
        };
        let longest = |time: fn(&Row) -> Option<Duration>| {
            self.rows.iter().filter_map(time).max().map(|time| time.as_secs_f64())
        };
        Evidence::new()
            .with("rehearsed", self.rehearsed.clone())
            .with("troubled", self.troubled.clone())
            .with("put_back_first", self.put_back_first.clone())
            .with("revision", by_name(|row| row.revision.into()))
            .with("undone_to", by_name(|row| row.undone_to.into()))
            .with("images", by_name(|row| row.images.clone().into()))
            .with("previous_images", by_name(|row| row.previous_images.clone().into()))
            .with("image_ids", by_name(|row| row.image_ids.clone().into()))
            .measured("undo_time", longest(|row| row.undo), Unit::Seconds)
            .measured("restore_time", longest(|row| row.restore), Unit::Seconds)
            .with(
                "times",
                by_name(|row| {
                    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
                    Value::table([("undo", seconds(row.undo)), ("restore", seconds(row.restore))])
                }),
            )
    }
}

/// What the evidence holds.
pub(super) const FIELDS: &[EvidenceField] = &[
    EvidenceField {
        name: "rehearsed",
        about: "the names of the deployments that were undone and restored as they should be",
    },
    EvidenceField { name: "troubled", about: "the names of those that were not" },
    EvidenceField {
        name: "put_back_first",
        about: "the names of those that a rehearsal which was killed had left undone, and that were put back before this one",
    },
    EvidenceField {
        name: "revision",
        about: "by name: the number of the revision before; it changes with the rehearsal",
    },
    EvidenceField { name: "undone_to", about: "by name: the number of the revision that was undone to" },
    EvidenceField { name: "images", about: "by name and container: the images of the present revision" },
    EvidenceField { name: "previous_images", about: "by name and container: the images that were undone to" },
    EvidenceField {
        name: "image_ids",
        about: "by name and container: the ids of the images that ran before, where `verify_image_ids`",
    },
    EvidenceField {
        name: "undo_time",
        about: "how long the undo took until it was rolled out; of several, the longest",
    },
    EvidenceField {
        name: "restore_time",
        about: "how long it took until everything was as before; of several, the longest",
    },
    EvidenceField { name: "times", about: "by name: the seconds of `undo` and of `restore`" },
];
