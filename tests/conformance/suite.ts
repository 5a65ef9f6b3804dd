// The conformance suite: every case on one engine, and what each operation's worst one is.
import { tf } from "../../lib/tensor/tf.ts";
import { ELEMENTWISE_CASES } from "./elementwise_cases.ts";
import { recordKernels } from "./kernel_recorder.ts";
import { FUSED_LAYER_CASES } from "./fused_layer_cases.ts";
import { FUSED_CASES } from "./fused_cases.ts";
import { NETWORK_CASES } from "./network_cases.ts";
import type { OpCase } from "./op_case.ts";
import { type Deviation, runCase } from "./run_case.ts";
import { SHAPE_CASES } from "./shape_cases.ts";
import { SUM_CASES } from "./sum_cases.ts";
import { type Tolerance, toleranceOf, TOLERANCES } from "./tolerances.ts";

/** All cases. */
export const CASES: readonly OpCase[] = [
  ...ELEMENTWISE_CASES,
  ...SHAPE_CASES,
  ...SUM_CASES,
  ...NETWORK_CASES,
  ...FUSED_CASES,
  ...FUSED_LAYER_CASES,
];

/** What became of one operation on an engine. */
export interface OpOutcome {
  readonly tolerance: Tolerance;
  readonly cases: number;
  readonly worst: Deviation;
  /** One line per case that is too far off, or fails. */
  readonly problems: readonly string[];
}

/** Runs all cases of one operation on the engine that is running. */
export async function checkOp(tolerance: Tolerance): Promise<OpOutcome> {
  const cases = CASES.filter(({ kernel }) => kernel === tolerance.kernel);
  const problems: string[] = [];
  let worst: Deviation = { value: 0, gradient: null };
  const ran = await recordKernels(async () => {
    for (const one of cases) {
      try {
        const found = await runCase(one);
        worst = worseOf(worst, found);
        problems.push(...excesses(one, found, tolerance));
      } catch (error) {
        problems.push(`${one.name}: ${(error as Error).message}`);
      }
    }
  });
  for (const kernel of [tolerance.kernel, ...tolerance.also ?? []]) {
    // An engine may compose what others have one kernel for.
    const isThere = tf.getKernel(kernel, tf.getBackend()) !== undefined;
    if (kernel.startsWith("Flux") && !isThere) continue;
    if (!ran.has(kernel)) problems.push(`no case runs kernel "${kernel}"`);
  }
  if (tolerance.gradient !== null && worst.gradient === null) {
    problems.push("no case looks at its gradient");
  }
  return { tolerance, cases: cases.length, worst, problems };
}

function excesses(
  { name }: OpCase,
  found: Deviation,
  tolerance: Tolerance,
): string[] {
  const problems: string[] = [];
  if (!(found.value <= tolerance.value)) {
    problems.push(
      `${name}: the value is off by ${found.value}, at most ${tolerance.value} is allowed`,
    );
  }
  if (!((found.gradient ?? 0) <= (tolerance.gradient ?? 0))) {
    problems.push(
      `${name}: the gradient is off by ${found.gradient}, at most ${tolerance.gradient} is allowed`,
    );
  }
  return problems;
}

function worseOf(one: Deviation, other: Deviation): Deviation {
  return {
    value: Math.max(one.value, other.value),
    gradient: other.gradient === null
      ? one.gradient
      : Math.max(one.gradient ?? 0, other.gradient),
  };
}

/** Kernels of the table: rows and what is checked with them. */
export function checkedKernels(): Set<string> {
  for (const { kernel } of CASES) toleranceOf(kernel);
  return new Set(
    TOLERANCES.flatMap(({ kernel, also }) => [kernel, ...also ?? []]),
  );
}
