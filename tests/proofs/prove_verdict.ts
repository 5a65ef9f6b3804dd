// deno task prove:verdict: how often the verdict over seeds claims a difference between equal arms, and how often it finds one
// that is there. Small real trainings in as many processes as there are cores; every number is a function of the repeat.
import { readTextLines } from "../../lib/worker/protocol.ts";
import { TinyProject } from "../train/tiny_step.ts";
import { type RepeatResult, runRepeat } from "./verdict_experiment.ts";

const REPEATS = 40;
const SEEDS = 5;
/** Share of repeats in which equal arms may be told apart. */
const MOST_FALSE = 0.05;

const [first, last, step] = Deno.args.map(Number);
if (first !== undefined && last !== undefined && step !== undefined) {
  using project = new TinyProject(16, 8);
  for (let repeat = first; repeat <= last; repeat += step) {
    const result = await runRepeat(project, repeat, SEEDS);
    console.log(JSON.stringify({ repeat, ...result }));
  }
} else await proveAll();

async function proveAll(): Promise<void> {
  const begun = performance.now();
  const lanes = Math.max(1, navigator.hardwareConcurrency);
  const found: (RepeatResult & { repeat: number })[] = [];
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--quiet", "--allow-all", "--no-check"],
          new URL(import.meta.url).pathname,
          ...[lane + 1, REPEATS, lanes].map(String),
        ],
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      for await (const line of readTextLines(child.stdout)) {
        const result = JSON.parse(line);
        found.push(result);
        console.log(describe(result));
      }
      if (!(await child.status).success) Deno.exit(1);
    }),
  );
  const claimed = found.filter(({ equal }) => isClaimed(equal.outcome)).length;
  const missed = found.filter(({ cut }) => cut.outcome !== "worse").length;
  const isRight = found.length === REPEATS && missed === 0 &&
    claimed <= MOST_FALSE * found.length;
  console.log(
    [
      `${found.length} repeats of ${SEEDS} seeds, ${
        Math.round((performance.now() - begun) / 1000)
      } s`,
      `Equal arms, other seeds: a difference is claimed in ${claimed} of ${found.length}, at most ${
        Math.floor(MOST_FALSE * found.length)
      } are allowed`,
      `Training cut to a tenth: found in ${
        found.length - missed
      } of ${found.length}`,
      isRight ? "The verdict holds" : "The verdict does NOT hold",
    ].join("\n"),
  );
  if (!isRight) Deno.exit(1);
}

function isClaimed(outcome: string): boolean {
  return outcome !== "no_difference_shown";
}

function describe(
  { repeat, equal, cut }: RepeatResult & { readonly repeat: number },
): string {
  const text = ({ outcome, mean, half }: RepeatResult["equal"]) =>
    `${outcome.replaceAll("_", " ")} (${mean.toFixed(4)} ± ${half.toFixed(4)})`;
  return `repeat ${repeat}: equal arms: ${text(equal)}; cut to a tenth: ${
    text(cut)
  }`;
}
