// deno task test:long: the figures of long runs that docs/reliability.md tells. --steps, --runs and --updates make it shorter.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { msByHand } from "./by_hand.ts";
import { growthOf, watchTraining } from "./long_training.ts";
import { describeMachine, endedProcessesMs, perUnit } from "./machine_state.ts";
import { timedCli, writeManyRuns, writeManySteps } from "./many_steps.ts";

/** Most steps that are also started by hand. */
const BY_HAND = 400;
/** Four times the steps take four times as long; where something grows with the square, sixteen. */
const SQUARE = 9;
/** Less than this is lost in the start of a process. */
const SMALLEST_MS = 100;

const { values } = parseArgs({
  args: Deno.args,
  options: {
    steps: { type: "string", default: "5000" },
    runs: { type: "string", default: "1000" },
    updates: { type: "string", default: "10000" },
    jobs: { type: "string", default: String(navigator.hardwareConcurrency) },
  },
});
const steps = Number(values.steps);
const runs = Number(values.runs);
const updates = Number(values.updates);
const folder = await Deno.makeTempDir({ prefix: "fluxline-long-" });
try {
  console.log(await describeMachine());
  const runsDir = join(folder, "runs");
  const planMs = async (count: number) => {
    const chain = await writeManySteps(folder, count, true);
    const { code, err, ms } = await timedCli([
      "plan",
      chain,
      "--runs",
      runsDir,
    ]);
    require(code === 0, err);
    return ms;
  };
  const quarter = Math.max(1, steps >> 2);
  const start = await planMs(1);
  const few = await planMs(quarter);
  const all = await planMs(steps);
  const growth = (all - start) / Math.max(few - start, SMALLEST_MS);
  console.log(
    `plan of a chain of ${steps} steps: ${seconds(all)}; without the start ${
      growth.toFixed(1)
    } times that of ${quarter} steps`,
  );
  require(growth < SQUARE, "Planning grows faster than its steps");
  for (const isChain of [true, false]) {
    const file = await writeManySteps(folder, steps, isChain);
    const place = join(folder, isChain ? "chain" : "free");
    const jobs = isChain ? 1 : Number(values.jobs);
    const args = ["train", file, "--runs", place, "--jobs", String(jobs)];
    // Half of them before and half of them after the run, so that a machine that grows slower counts for both.
    const sample = Math.max(1, Math.min(steps, BY_HAND) >> 1);
    const handBefore = await msByHand(folder, sample, jobs);
    const before = endedProcessesMs();
    const run = await timedCli([...args, "--quiet"]);
    require(run.code === 0, run.err);
    const cpu = perUnit(before, endedProcessesMs(), steps);
    const handAfter = await msByHand(folder, sample, jobs);
    const msByStep = run.ms / steps;
    const byHand = (handBefore + handAfter) / 2;
    const how = isChain ? "in a chain" : `side by side, ${jobs} at a time`;
    console.log(
      `run of ${steps} script steps ${how}: ${seconds(run.ms)}, ${
        msByStep.toFixed(1)
      } ms a step${cpu}; the same by hand, a deno run each: ${
        byHand.toFixed(1)
      } ms; overhead ${(msByStep - byHand).toFixed(1)} ms a step`,
    );
  }
  await writeManyRuns(runsDir, runs);
  const status = await timedCli(["status", "--runs", runsDir]);
  require(status.code === 0, status.err);
  console.log(`status of ${runs} runs: ${seconds(status.ms)}`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
const moments = await watchTraining(updates, Math.max(1, updates >> 6));
const tensors = new Set(moments.map((moment) => moment.tensors));
console.log(
  `training of ${updates} updates: ${[...tensors].join(", ")} tensors, memory ${
    (100 * growthOf(moments)).toFixed(2)
  } % above that of its first half`,
);

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function require(isRight: boolean, text: string): void {
  if (!isRight) throw new Error(text);
}
