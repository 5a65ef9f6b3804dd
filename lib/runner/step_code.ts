// The code of a plan's steps: brought into Deno's cache, and which modules it is made of.
import type { PlannedStep } from "../plan/plan.ts";
import { fetchCode } from "../worker/code_fetch.ts";
import { type ModuleGraph, readModuleGraph } from "../worker/module_graph.ts";
import { stepEntry } from "../worker/permission_flags.ts";

/** Fetches the code of all steps, so that their processes need no network. */
export async function fetchStepCode(
  steps: readonly PlannedStep[],
  signal: AbortSignal,
): Promise<void> {
  const first = steps[0];
  if (first === undefined) return;
  const { packageRoot } = first.request;
  const entries = steps.flatMap(({ step }) => [
    stepEntry(packageRoot, step.task),
    ...(step.task === "script" ? [step.uses_path] : []),
  ]);
  await fetchCode([...new Set(entries)], packageRoot, signal);
}

/** Looks each module graph up once. */
export function rememberGraphs(): (
  entry: string,
  packageRoot: string,
) => Promise<ModuleGraph> {
  const known = new Map<string, Promise<ModuleGraph>>();
  return (entry, packageRoot) => {
    const graph = known.get(entry) ?? readModuleGraph(entry, packageRoot);
    known.set(entry, graph);
    return graph;
  };
}
