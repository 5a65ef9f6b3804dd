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
  const ordered: Step[] = [];
  const done = new Set<string>();
  while (ordered.length < steps.length) {
    const next = steps.find((step) =>
      !done.has(step.name) && step.needs.every((need) => done.has(need))
    );
    if (next === undefined) {
      const stuck = steps.filter((step) => !done.has(step.name)).map((step) =>
        `"${step.name}"`
      );
      throw new RangeError(
        `Cannot order steps ${
          stuck.join(", ")
        }: they need each other, or a step that does not exist`,
      );
    }
    ordered.push(next);
    done.add(next.name);
  }
  return ordered;
}

/** Names of the steps that need `name`, directly or through others; `name` itself is not among them. */
export function descendantsOf(
  steps: readonly GraphStep[],
  name: string,
): Set<string> {
  const found = new Set<string>();
  const visit = (parent: string) => {
    for (const step of steps) {
      if (!step.needs.includes(parent) || found.has(step.name)) continue;
      found.add(step.name);
      visit(step.name);
    }
  };
  visit(name);
  return found;
}

/** `names` without those that another of them needs anyway, directly or through others. */
export function withoutImplied(
  steps: readonly GraphStep[],
  names: readonly string[],
): string[] {
  return names.filter((name) => {
    const later = descendantsOf(steps, name);
    return !names.some((other) => later.has(other));
  });
}

/**
 * The graph as text, one line per step in the given order: `└─ flow ← spade_on`. Steps are indented by their depth, the
 * longest way from a root; what a step needs is named behind an arrow,
 * except a single need on the line just above and what other needs imply.
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
  return ordered.map((step, index) => {
    const needs = withoutImplied(ordered, step.needs);
    const follows = needs.length === 1 && needs[0] === ordered[index - 1]?.name;
    const arrow = follows || needs.length === 0 ? "" : ` ← ${needs.join(", ")}`;
    return `${branchOf(depths, index)}${step.name}${arrow}`;
  });
}

/** The lines left of a step: one column per depth, open where the same depth comes again further down. */
function branchOf(depths: readonly number[], index: number): string {
  const depth = depths[index] as number;
  const isOpen = (level: number) => {
    const below = depths.slice(index + 1).find((other) => other <= level);
    return below === level;
  };
  const columns = Array.from({ length: depth }, (_, level) => {
    if (level < depth - 1) return isOpen(level + 1) ? "│  " : "   ";
    return isOpen(depth) ? "├─ " : "└─ ";
  });
  return columns.join("");
}
