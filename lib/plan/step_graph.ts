// The order of steps and what hangs from what. The loader has already refused cycles and unknown names.

/** What the graph needs to know of a step. */
export interface GraphStep {
  readonly name: string;
  readonly needs: readonly string[];
}

/**
 * Steps after everything that they need; among those that may come next, the one written first comes first.
 *
 * @throws {RangeError} on a cycle or an unknown name, which the loader should have refused
 */
export function topologicalOrder<Step extends GraphStep>(
  steps: readonly Step[],
): Step[] {
  const missing = new Map<string, number>();
  const needing = new Map<string, number[]>();
  for (const [index, { name, needs }] of steps.entries()) {
    const distinct = new Set(needs);
    missing.set(name, distinct.size);
    for (const need of distinct) {
      needing.set(need, [...needing.get(need) ?? [], index]);
    }
  }
  // Places in `steps`, the last one first, so that the next one is popped.
  const ready = [...steps.keys()].reverse()
    .filter((index) => missing.get(steps[index]!.name) === 0);
  const ordered: Step[] = [];
  for (let index = ready.pop(); index !== undefined; index = ready.pop()) {
    const step = steps[index]!;
    ordered.push(step);
    for (const later of needing.get(step.name) ?? []) {
      const { name } = steps[later]!;
      const left = missing.get(name)! - 1;
      missing.set(name, left);
      if (left === 0) ready.splice(placeOf(later, ready), 0, later);
    }
  }
  if (ordered.length < steps.length) {
    const done = new Set(ordered);
    const stuck = steps.filter((step) => !done.has(step))
      .map(({ name }) => `"${name}"`);
    throw new RangeError(
      `Cannot order steps ${
        stuck.join(", ")
      }: they need each other, or a step that does not exist`,
    );
  }
  return ordered;
}

/** Where `value` belongs in a list that falls. */
function placeOf(value: number, falling: readonly number[]): number {
  let from = 0;
  for (let to = falling.length; from < to;) {
    const middle = (from + to) >> 1;
    if (falling[middle]! > value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Names of the steps that need `name`, directly or through others; `name` itself is not among them. */
export function descendantsOf(
  steps: readonly GraphStep[],
  name: string,
): Set<string> {
  const needing = new Map<string, string[]>();
  for (const step of steps) {
    for (const need of step.needs) {
      const names = needing.get(need);
      if (names === undefined) needing.set(need, [step.name]);
      else names.push(step.name);
    }
  }
  const found = new Set<string>();
  const open = [name];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const later of needing.get(at) ?? []) {
      if (found.has(later)) continue;
      found.add(later);
      open.push(later);
    }
  }
  return found;
}

/** `names` without those that another of them needs anyway, directly or through others. */
export function withoutImplied(
  steps: readonly GraphStep[],
  names: readonly string[],
): string[] {
  if (names.length < 2) return [...names];
  return names.filter((name) => {
    const later = descendantsOf(steps, name);
    return !names.some((other) => later.has(other));
  });
}

/** Beyond this depth indentation tells nobody anything. */
const DEEPEST_DRAWING = 24;

/**
 * The graph as text, one line per step in the given order: `└─ flow ← spade_on`. Steps are indented by their depth, the
 * longest way from a root; what a step needs is named behind an arrow,
 * except a single need on the line just above and what other needs imply. A graph that is too deep for that is a list without
 * indentation in which every need is named.
 */
export function drawGraph(ordered: readonly GraphStep[]): string[] {
  const known = new Map<string, number>();
  const depths = ordered.map((step) => {
    const depth = Math.max(
      -1,
      ...step.needs.map((need) => known.get(need) ?? 0),
    ) + 1;
    known.set(step.name, depth);
    return depth;
  });
  if (depths.some((depth) => depth > DEEPEST_DRAWING)) {
    return ordered.map(({ name, needs }) =>
      needs.length === 0 ? name : `${name} ← ${needs.join(", ")}`
    );
  }
  const branches = branchesOf(depths);
  return ordered.map((step, index) => {
    const needs = withoutImplied(ordered, step.needs);
    const follows = needs.length === 1 && needs[0] === ordered[index - 1]?.name;
    const arrow = follows || needs.length === 0 ? "" : ` ← ${needs.join(", ")}`;
    return `${branches[index]}${step.name}${arrow}`;
  });
}

/** The lines left of each step: one column per depth, open where the same depth comes again further down. */
function branchesOf(depths: readonly number[]): string[] {
  const branches: string[] = [];
  // By depth, whether a line further down begins there, with nothing less deep before it.
  const open: boolean[] = [];
  for (const depth of depths.toReversed()) {
    const columns = Array.from({ length: depth }, (_, level) => {
      if (level < depth - 1) return open[level + 1] === true ? "│  " : "   ";
      return open[depth] === true ? "├─ " : "└─ ";
    });
    branches.push(columns.join(""));
    open.length = depth;
    open[depth] = true;
  }
  return branches.reverse();
}
