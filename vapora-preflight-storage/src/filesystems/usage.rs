//! How full a file system is.

/// How full a file system is, and what else is known of it. Sizes are in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    pub(crate) total: u64,
    pub(crate) used: u64,
    pub(crate) available: u64,
    /// How many inodes there are, and how many are free; none where the file system does not count them.
    pub(crate) inodes: Option<(u64, u64)>,
    pub(crate) read_only: bool,
    pub(crate) device: Option<String>,
    pub(crate) filesystem: Option<String>,
    /// The options it is mounted with, where they are known.
    pub(crate) options: Option<Vec<String>>,
}

impl Usage {
    /// A file system of so many bytes, of which so many are free to everybody. It can be written and counts no inodes.
    pub fn new(total: u64, free: u64) -> Self {
        let available = free.min(total);
        Self {
            total,
            used: total - available,
            available,
            inodes: None,
            read_only: false,
            device: None,
            filesystem: None,
            options: None,
        }
    }

    /// The same with so many bytes of what is not free kept back for the superuser, as ext4 does: they are neither used
    /// nor free.
    pub fn reserved(mut self, bytes: u64) -> Self {
        self.used = self.used.saturating_sub(bytes);
        self
    }

    /// The same with so many inodes, of which so many are free. None at all means that it does not count them.
    pub fn inodes(mut self, total: u64, free: u64) -> Self {
        self.inodes = (total > 0).then_some((total, free.min(total)));
        self
    }

    /// The same, mounted so that it can only be read.
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// The same with the name of its device, such as `/dev/sda1`.
    pub fn device(mut self, device: impl Into<String>) -> Self {
        self.device = Some(device.into());
        self
    }

    /// The same with its type, such as `ext4`.
    pub fn filesystem(mut self, filesystem: impl Into<String>) -> Self {
        self.filesystem = Some(filesystem.into());
        self
    }

    /// The same with the options it is mounted with, such as `noatime`.
    pub fn options<S: Into<String>>(mut self, options: impl IntoIterator<Item = S>) -> Self {
        self.options = Some(options.into_iter().map(Into::into).collect());
        self
    }

    /// What is free, in percent of what is not kept back: the other side of `Use%` in `df`.
    pub(crate) fn free_percent(&self) -> f64 {
        percent(self.available, self.used.saturating_add(self.available))
    }

    /// The free inodes in percent of all.
    pub(crate) fn inodes_free_percent(&self) -> Option<f64> {
        self.inodes.map(|(total, free)| percent(free, total))
    }
}

/// A part of a whole in percent; of nothing, nothing is free.
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_back_is_neither_used_nor_free() {
        let usage = Usage::new(1000, 450).reserved(100);
        assert_eq!((usage.used, usage.available), (450, 450));
        assert!((usage.free_percent() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn more_free_than_there_is_counts_as_all_of_it() {
        let usage = Usage::new(10, 20).inodes(5, 9);
        assert_eq!((usage.used, usage.available, usage.inodes), (0, 10, Some((5, 5))));
    }

    #[test]
    fn nothing_is_free_of_nothing() {
        assert!(Usage::new(0, 0).free_percent().abs() < f64::EPSILON);
        assert_eq!(Usage::new(1, 1).inodes(0, 0).inodes_free_percent(), None);
    }
}
