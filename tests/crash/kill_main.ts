// deno task test:kill: a run with parallel branches is killed with SIGKILL at random times and started again at once, --times N
// times; --seed chooses the times and the victims. It ends with 1 where anything was lost, mixed or left behind.
import { parseArgs } from "node:util";
import { formatDuration } from "../../lib/clock/duration.ts";
import { CrashProject } from "./crash_project.ts";
import { KILLED_STEPS, KillLoop } from "./kill_loop.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    times: { type: "string", default: "300" },
    seed: { type: "string", default: "0" },
  },
});

if (!(Number(values.times) >= 1)) {
  throw new RangeError("--times wants a number of kills");
}
const start = performance.now();
await using project = await CrashProject.open(KILLED_STEPS);
const loop = await KillLoop.open(project, Number(values.seed));
let failure: string | null = null;
try {
  await loop.kill(Number(values.times), (text) => console.log(text));
} catch (error) {
  failure = error instanceof Error ? error.message : String(error);
}
const { kills, finished, withMarker, withCheckpoint } = loop.counts;
console.log(
  `${loop.total} kills: runner ${kills.runner}, child ${kills.child}, both ${kills.both}; ${withMarker} beside a finished step, ${withCheckpoint} beside a checkpoint`,
);
console.log(
  failure === null
    ? `${finished} runs came to their end, all with the same bytes, ${
      formatDuration(performance.now() - start)
    }`
    : `FAILED in run ${finished + 1}: ${failure}`,
);
Deno.exitCode = failure === null ? 0 : 1;
