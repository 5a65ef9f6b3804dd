// The code of a plan's steps: brought into Deno's cache, and which modules it is made of.
import type { PlannedStep } from "../plan/plan.ts";
import { fetchCode } from "../worker/code_fetch.ts";
import { type ModuleGraph, readModuleGraph } from "../worker/module_graph.ts";
import { stepEntry } from "../worker/permission_flags.ts";

/** Answers the module graph of an entry. */
export type GraphOf = (
  entry: string,
  packageRoot: string,
) => Promise<ModuleGraph>;

/** Fetches what of the steps' code lies elsewhere, so that their processes need no network; what stands in `fetched` is there already. */
export async function fetchStepCode(
  steps: readonly PlannedStep[],
  graphOf: GraphOf,
  signal: AbortSignal,
  fetched: Set<string> = new Set(),
): Promise<void> {
  const first = steps[0];
  if (first === undefined) return;
  const { packageRoot } = first.request;
  const entries = new Set<string>();
  const scripts = new Set<string>();
  for (const { step } of steps) {
    if (step.task === "script") scripts.add(step.uses_path);
    else entries.add(stepEntry(packageRoot, step.task));
  }
  for (const script of scripts) {
    if (!await isAllHere(script, packageRoot, graphOf)) entries.add(script);
    signal.throwIfAborted();
  }
  const missing = [...entries].filter((entry) => !fetched.has(entry));
  if (missing.length === 0) return;
  await fetchCode(missing, packageRoot, signal);
  for (const entry of missing) fetched.add(entry);
}

/** Whether nothing has to be fetched for a script; most are a few files of the user's. */
async function isAllHere(
  script: string,
  packageRoot: string,
  graphOf: GraphOf,
): Promise<boolean> {
  try {
    return (await graphOf(script, packageRoot)).isLocal;
  } catch {
    // Whoever fetches it says what is wrong with it.
    return false;
  }
}

/** Looks each module graph up once. */
export function rememberGraphs(): GraphOf {
  const known = new Map<string, Promise<ModuleGraph>>();
  return async (entry, packageRoot) => {
    const before = known.get(entry);
    if (before !== undefined) return await before;
    const graph = readModuleGraph(entry, packageRoot);
    known.set(entry, graph);
    // What could not be found may be there after a fetch.
    graph.catch(() => known.delete(entry));
    return await graph;
  };
}
