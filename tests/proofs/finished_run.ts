// What the proofs read of a finished run: its steps and the comparison that it wrote.
import { join } from "node:path";
import { Failure } from "../../lib/error/failure.ts";
import { EXIT_CODE } from "../../lib/error/exit_code.ts";
import {
  readRunStatus,
  type RunStatus,
  type StepStatus,
} from "../../lib/store/run_status.ts";

/** The part of `output/compare.json` that proofs and figures use. */
export interface Comparison {
  readonly count: number;
  readonly seed: number;
  readonly arms: readonly {
    readonly step: string;
    readonly means: {
      readonly recon_l1: number;
      readonly psnr: number;
      readonly ssim: number;
    };
    readonly ratio: number;
  }[];
  readonly baseline: { readonly recon_l1: number };
  readonly latent: { readonly numbers: number; readonly image_numbers: number };
  readonly differences: Readonly<
    Record<
      string,
      { readonly mean: number; readonly interval: readonly [number, number] }
    >
  >;
  readonly verdict: { readonly sentence: string };
}

/** Reads a run whose every step is done. @throws {Failure} where it is not, with the command that makes it so. */
export async function finishedRun(
  runsDir: string,
  run: string,
): Promise<RunStatus> {
  const hint = `Run \`deno task train pipelines/${run}.yaml\` first`;
  const status = await readRunStatus(runsDir, run);
  if (status === null) {
    throw new Failure(
      EXIT_CODE.refused,
      `Cannot read run "${run}": "${runsDir}" has none`,
      { hint },
    );
  }
  const open = status.steps.filter((step) => step.state !== "done");
  if (open.length > 0) {
    const names = open.map((step) => `"${step.name}"`).join(", ");
    throw new Failure(
      EXIT_CODE.refused,
      `Cannot use run "${run}": ${names} not done`,
      { hint },
    );
  }
  return status;
}

/** The step called `name`. */
export function stepOf(status: RunStatus, name: string): StepStatus {
  const step = status.steps.find((one) => one.name === name);
  if (step === undefined) {
    throw new RangeError(`No step "${name}" in run "${status.manifest.run}"`);
  }
  return step;
}

/** The comparison that the run's `compare` step wrote. */
export function comparisonOf(status: RunStatus): Comparison {
  const path = join(stepOf(status, "compare").folder, "output", "compare.json");
  return JSON.parse(Deno.readTextFileSync(path)) as Comparison;
}
