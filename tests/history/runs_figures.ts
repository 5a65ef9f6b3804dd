// Prints how long `runs list` takes over 2,000 runs: with its index, without one, and filtered and sorted.
import { join } from "node:path";
import { ROOT } from "../cli/cli_process.ts";
import { writeSyntheticRuns } from "./synthetic_runs.ts";

const RUNS = 2000;
const REPEATS = 5;

/** Milliseconds of a whole process, the median of several. */
function milliseconds(args: readonly string[], prepare = () => {}): number {
  const times = Array.from({ length: REPEATS }, () => {
    prepare();
    const start = performance.now();
    const { success } = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write"],
        ...[join(ROOT, "cli.ts"), "runs", ...args],
      ],
      stdout: "null",
    }).outputSync();
    if (!success) throw new Error(`runs ${args.join(" ")} failed`);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return Math.round(times[Math.floor(REPEATS / 2)]!);
}

const runs = await Deno.makeTempDir();
try {
  writeSyntheticRuns(runs, RUNS);
  const where = ["--runs", runs];
  const list = ["list", ...where];
  console.log(`| \`runs list\` with ${RUNS} runs of 3 steps | ms |
| ---- | -------- |
| index made from the folders | ${milliseconds([...list, "--rebuild"])} |
| index up to date | ${milliseconds(list)} |
| filtered by a metric, sorted by another, with an option shown | ${
    milliseconds([
      ...list,
      ...["--where", "psnr>20", "--sort", "recon_l1"],
      ...["--columns", "flow.option_1"],
    ])
  } |
| no run at all, for comparison | ${
    milliseconds(["list", "--runs", join(runs, "none")])
  } |`);
} finally {
  await Deno.remove(runs, { recursive: true });
}
