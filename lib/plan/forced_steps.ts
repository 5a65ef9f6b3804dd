// Which steps are to be redone, by --force and --from.
import type { Pipeline } from "../catalog/pipeline.ts";
import { UsageError } from "../error/failure.ts";
import { didYouMean } from "../source/suggestion.ts";
import { descendantsOf } from "./step_graph.ts";

/** Options that redo steps. */
export interface ForceOptions {
  /** Steps to redo although they are finished. */
  readonly force?: readonly string[];
  /** Steps to redo with everything that needs them. */
  readonly from?: readonly string[];
}

/**
 * Step to the option that forces it.
 *
 * @throws {UsageError} where an option names no step of the pipeline
 */
export function forcedSteps(
  pipeline: Pipeline,
  options: ForceOptions,
): Map<string, string> {
  const forced = new Map<string, string>();
  for (const name of options.from ?? []) {
    requireStep(pipeline, name, "--from");
    for (const step of [name, ...descendantsOf(pipeline.steps, name)]) {
      forced.set(step, `--from ${name}`);
    }
  }
  for (const name of options.force ?? []) {
    requireStep(pipeline, name, "--force");
    forced.set(name, `--force ${name}`);
  }
  return forced;
}

function requireStep(pipeline: Pipeline, name: string, option: string): void {
  if (pipeline.steps.some((step) => step.name === name)) return;
  const names = pipeline.steps.map((step) => step.name);
  throw new UsageError(
    `Cannot apply ${option}: pipeline "${pipeline.file}" has no step "${name}"${
      didYouMean(name, names)
    }`,
    { hint: `Name one of its steps: ${names.join(", ")}` },
  );
}
