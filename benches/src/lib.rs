//! Benchmarks of `vapora-preflight`: they measure, and fail on nothing.
//!
//! - `cargo bench -p vapora-preflight-benches --bench cluster`: a phase of Kubernetes on clusters of two sizes, with its memory.
//! - `cargo bench -p vapora-preflight-benches --bench compile`: checklists into plans.
//! - `cargo bench -p vapora-preflight-benches --bench endpoints`: thousands of HTTP endpoints in one run, with its memory and
//!   open files.
//! - `cargo bench -p vapora-preflight-benches --bench exec`: the executor beside the checks themselves.
//! - `cargo bench -p vapora-preflight-benches --bench render`: reports by format.
