//! The highest memory that this process has had.

use std::fs;

/// Memory in MiB; zeros where the system does not tell it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// The highest that was resident.
    pub(crate) peak: f64,
    /// How much more that is than before.
    pub(crate) added: f64,
}

/// Before something whose memory is of interest.
pub(crate) struct Before(f64);

impl Memory {
    /// Begins anew with the highest (`5` means that, see `proc_pid_clear_refs(5)`).
    pub(crate) fn begin() -> Before {
        // Without that right, the figure is the highest since the process began, which is never less.
        fs::write("/proc/self/clear_refs", "5").ok();
        Before(status("VmRSS:"))
    }
}

impl Before {
    pub(crate) fn end(self) -> Memory {
        let peak = status("VmHWM:");
        Memory { peak, added: (peak - self.0).max(0.0) }
    }
}

/// A line of `/proc/self/status`, which is in KiB.
fn status(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u32>().ok());
    f64::from(kibibytes.unwrap_or_default()) / 1024.0
}
