//! The order of things: who waits for whom, who is ready, and how many may go at once.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
    num::NonZeroUsize,
};

/// Waits until all that a node needs is settled, then lets it go in plan order, as many at once as the width and its
/// group allow. It knows nothing of what the nodes are.
#[derive(Debug)]
pub(super) struct Schedule {
    /// By node: how many of its needs are not settled.
    waiting: Vec<usize>,
    dependants: Vec<Vec<usize>>,
    /// Nodes that wait for nothing any more.
    due: BinaryHeap<Reverse<usize>>,
    /// Nodes that may be started.
    ready: BinaryHeap<Reverse<usize>>,
    group_of: Vec<Option<usize>>,
    groups: Vec<Group>,
    /// How many more may be started.
    free: usize,
}

#[derive(Debug)]
struct Group {
    free: usize,
    /// Nodes that may be started as soon as the group has room.
    parked: BTreeSet<usize>,
}

impl Schedule {
    /// A schedule of so many nodes, none of which takes part yet.
    pub(super) fn new(nodes: usize, width: NonZeroUsize) -> Self {
        Self {
            waiting: vec![0; nodes],
            dependants: vec![Vec::new(); nodes],
            due: BinaryHeap::new(),
            ready: BinaryHeap::new(),
            group_of: vec![None; nodes],
            groups: Vec::new(),
            free: width.get(),
        }
    }

    /// Adds a group of which so many nodes, at least one, may go at once.
    pub(super) fn add_group(&mut self, at_once: usize) -> usize {
        self.groups.push(Group { free: at_once.max(1), parked: BTreeSet::new() });
        self.groups.len() - 1
    }

    /// Lets a node take part, once those it waits for are settled.
    pub(super) fn add(
        &mut self,
        node: usize,
        waits_for: impl IntoIterator<Item = usize>,
        group: Option<usize>,
    ) {
        self.group_of[node] = group;
        for need in waits_for {
            self.waiting[node] += 1;
            self.dependants[need].push(node);
        }
        if self.waiting[node] == 0 {
            self.due.push(Reverse(node));
        }
    }

    /// The next node that waits for nothing any more; each comes once.
    pub(super) fn due(&mut self) -> Option<usize> {
        self.due.pop().map(|Reverse(node)| node)
    }

    /// Lines a node up to be started.
    pub(super) fn line_up(&mut self, node: usize) {
        self.ready.push(Reverse(node));
    }

    /// The next node that may be started now. It holds its place until it is [`settled`](Self::settle).
    pub(super) fn start(&mut self) -> Option<usize> {
        while self.free > 0 {
            let Reverse(node) = self.ready.pop()?;
            if let Some(group) = self.group_of[node] {
                let group = &mut self.groups[group];
                if group.free == 0 {
                    group.parked.insert(node);
                    continue;
                }
                group.free -= 1;
            }
            self.free -= 1;
            return Some(node);
        }
        None
    }

    /// Gives back the place of a node that was started.
    pub(super) fn release(&mut self, node: usize) {
        self.free += 1;
        if let Some(group) = self.group_of[node] {
            let group = &mut self.groups[group];
            group.free += 1;
            self.ready.extend(group.parked.pop_first().map(Reverse));
        }
    }

    /// Nobody waits for this node any more.
    pub(super) fn settle(&mut self, node: usize) {
        for dependant in std::mem::take(&mut self.dependants[node]) {
            self.waiting[dependant] -= 1;
            if self.waiting[dependant] == 0 {
                self.due.push(Reverse(dependant));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn width(width: usize) -> NonZeroUsize {
        NonZeroUsize::new(width).unwrap()
    }

    #[test]
    fn a_node_waits_for_all_it_needs() {
        let mut schedule = Schedule::new(3, width(9));
        schedule.add(2, [0, 1], None);
        schedule.add(0, [], None);
        schedule.add(1, [], None);
        assert_eq!((schedule.due(), schedule.due(), schedule.due()), (Some(0), Some(1), None));
        schedule.settle(0);
        assert_eq!(schedule.due(), None);
        schedule.settle(1);
        assert_eq!((schedule.due(), schedule.due()), (Some(2), None));
    }

    #[test]
    fn a_full_group_lets_others_pass() {
        let mut schedule = Schedule::new(4, width(2));
        let group = schedule.add_group(1);
        for (node, group) in [(0, Some(group)), (1, Some(group)), (2, None), (3, None)] {
            schedule.add(node, [], group);
            schedule.line_up(node);
        }
        assert_eq!((schedule.start(), schedule.start(), schedule.start()), (Some(0), Some(2), None));
        schedule.release(0);
        assert_eq!((schedule.start(), schedule.start()), (Some(1), None));
        schedule.release(2);
        assert_eq!((schedule.start(), schedule.start()), (Some(3), None));
    }
}
