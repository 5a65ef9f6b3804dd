// The environment variables that a step is given wherever it runs: those it declares, and those that hold tokens of its shards.
import type { Step } from "../catalog/pipeline.ts";

/** One variable that goes to the step. */
export interface StepVariable {
  /** As it is declared: `HF_*` stands for all whose names begin so. */
  readonly name: string;
  /** A token of shards is wanted only where the server asks for it; what a step declares must be set. */
  readonly isOptional: boolean;
}

/** What is asked of a dataset here; only shards name a variable. */
interface TokenHolder {
  readonly type: string;
  readonly token_variable?: string | null;
}

/** The variables of the step that reads `datasets`, each once. */
export function stepVariables(
  { permissions: { env } }: Step,
  datasets: readonly TokenHolder[],
): StepVariable[] {
  const tokens = datasets.flatMap((one) => one.token_variable ?? []);
  return [...new Set([...env, ...tokens])].map((name) => ({
    name,
    isOptional: !env.includes(name),
  }));
}
