//! Circles in what needs what.

/// Every circle of a graph, one for each knot of nodes that can all reach one another: its nodes in the order of their
/// edges, beginning with the least.
///
/// `edges[n]` holds what node `n` needs. The walk keeps its own stack, so that a long chain cannot exhaust the thread's.
pub(crate) fn cycles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = knots(edges).into_iter().map(|knot| circle_in(&knot, edges)).collect();
    found.sort();
    found
}

/// The strongly connected parts that hold a circle (Tarjan's algorithm, without recursion).
fn knots(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const NEW: usize = usize::MAX;
    let mut index = vec![NEW; edges.len()];
    let mut low = vec![0; edges.len()];
    let mut on_stack = vec![false; edges.len()];
    let (mut stack, mut knots, mut next) = (Vec::new(), Vec::new(), 0);
    for root in 0..edges.len() {
        if index[root] != NEW {
            continue;
        }
        let mut walk = vec![(root, 0)];
        while let Some((node, edge)) = walk.last_mut() {
            let node = *node;
            if *edge == 0 {
                index[node] = next;
                low[node] = next;
                next += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(&need) = edges[node].get(*edge) {
                *edge += 1;
                if index[need] == NEW {
                    walk.push((need, 0));
                } else if on_stack[need] {
                    low[node] = low[node].min(index[need]);
                }
                continue;
            }
            walk.pop();
            if let Some((parent, _)) = walk.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
            if low[node] == index[node] {
                let mut knot = Vec::new();
                while let Some(top) = stack.pop() {
                    on_stack[top] = false;
                    knot.push(top);
                    if top == node {
                        break;
                    }
                }
                if knot.len() > 1 || edges[node].contains(&node) {
                    knots.push(knot);
                }
            }
        }
    }
    knots
}

/// One shortest circle through the least node of a knot.
fn circle_in(knot: &[usize], edges: &[Vec<usize>]) -> Vec<usize> {
    let start = knot.iter().copied().min().unwrap_or_default();
    let inside: std::collections::HashSet<usize> = knot.iter().copied().collect();
    let mut from = std::collections::HashMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for &need in edges[node].iter().filter(|need| inside.contains(need)) {
            if need == start {
                let mut path = vec![node];
                while let Some(&before) = from.get(path.last().unwrap_or(&start)) {
                    path.push(before);
                }
                path.reverse();
                return path;
            }
            if let std::collections::hash_map::Entry::Vacant(new) = from.entry(need) {
                new.insert(node);
                queue.push_back(need);
            }
        }
    }
    vec![start]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_found_with_its_path() {
        assert_eq!(cycles(&[vec![1], vec![2], vec![0], vec![0]]), vec![vec![0, 1, 2]]);
        assert_eq!(cycles(&[vec![0]]), vec![vec![0]]);
        assert_eq!(cycles(&[vec![1], vec![], vec![0, 1]]), Vec::<Vec<usize>>::new());
        assert_eq!(cycles(&[vec![1], vec![0], vec![3], vec![2]]), vec![vec![0, 1], vec![2, 3]]);
    }

    #[test]
    fn the_shortest_circle_of_a_knot_is_told() {
        // 0 → 1 → 2 → 0, and 1 → 0
        assert_eq!(cycles(&[vec![1], vec![2, 0], vec![0]]), vec![vec![0, 1]]);
    }

    #[test]
    fn a_long_chain_exhausts_nothing() {
        let mut edges: Vec<Vec<usize>> = (1..=100_000).map(|next| vec![next]).collect();
        edges.push(vec![]);
        assert!(cycles(&edges).is_empty());
        edges[100_000].push(0);
        assert_eq!(cycles(&edges)[0].len(), 100_001);
    }
}
