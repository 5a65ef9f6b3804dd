// deno task test:crash: a run is disturbed at every operation on the disk, in every way, and must end with the same bytes after
// the same command again. --seed chooses the order of the cases, --sample N takes the first N, --skip N leaves out as many of
// them; --jobs N runs so many at a time; --command runs the command again where else the library goes on in this process.
import { parseArgs } from "node:util";
import { formatDuration } from "../../lib/clock/duration.ts";
import { DISK_EVENTS, type DiskEvent } from "../../lib/disk/disk_test.ts";
import { CrashProject } from "./crash_project.ts";
import {
  countsOf,
  everyCase,
  runCalm,
  sampleOf,
  type SweepCase,
  tryCase,
} from "./disk_sweep.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    jobs: { type: "string", default: String(navigator.hardwareConcurrency) },
    sample: { type: "string" },
    skip: { type: "string", default: "0" },
    seed: { type: "string", default: "0" },
    event: { type: "string", multiple: true },
    at: { type: "string" },
    command: { type: "boolean", default: false },
  },
});

const start = performance.now();
await using project = await CrashProject.open();
Deno.chdir(project.root);
const calm = await runCalm(project);
const counts = [...countsOf(calm.operations)];
console.log(
  `${calm.operations.length} operations: ${
    counts.map(([name, count]) => `${name} ${count}`).join(", ")
  }`,
);
const events = values.event === undefined
  ? DISK_EVENTS
  : values.event as DiskEvent[];
const all = everyCase(calm.operations, events)
  .filter(({ at }) => values.at === undefined || at === values.at);
const count = Number(values.sample ?? all.length);
const cases = sampleOf(all, count, Number(values.seed))
  .slice(Number(values.skip));

if (cases.length === 0) throw new RangeError("no case was chosen");

const failures: string[] = [];
const done = new Map<string, number>();
let next = 0;
const work = async () => {
  for (let one = cases[next++]; one !== undefined; one = cases[next++]) {
    await attempt(one);
  }
};
await Promise.all(Array.from({ length: Number(values.jobs) }, work));

async function attempt(one: SweepCase): Promise<void> {
  const again = values.command ? "command" : "library";
  const wrong = await tryCase(project, calm, one, again);
  done.set(one.event, (done.get(one.event) ?? 0) + 1);
  const tried = [...done.values()].reduce((sum, one) => sum + one, 0);
  if (tried % 100 === 0) console.log(`${tried} of ${cases.length}`);
  if (wrong === null) return;
  failures.push(`${one.event} at ${one.at}`);
  console.log(`FAILED ${one.event} at ${one.at}: ${wrong}`);
}

for (const event of events) {
  const failed = failures.filter((name) => name.startsWith(`${event} `)).length;
  console.log(`${event}: ${done.get(event) ?? 0} cases, ${failed} failed`);
}
const of = cases.length === all.length ? "" : ` of ${all.length}`;
console.log(
  `${cases.length}${of} disturbed runs, ${failures.length} without the same bytes, ${
    formatDuration(performance.now() - start)
  }`,
);
Deno.exitCode = failures.length === 0 ? 0 : 1;
