// deno task test:fuzz: broken inputs for every reader of what others write. --seed N chooses them, --times N says how many for each
// reader, --reader NAME takes those whose name holds that. A reader that does not come back is told of after a minute.
import { parseArgs } from "node:util";
import { formatDuration } from "../../lib/clock/duration.ts";
import { fuzzTargets } from "./fuzz_targets.ts";
import { fuzz } from "./reader_target.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    seed: { type: "string", default: "0" },
    times: { type: "string", default: "2000" },
    reader: { type: "string", default: "" },
  },
});

const cases = new Int32Array(new SharedArrayBuffer(4));
const watch = new Worker(new URL("hang_watch.ts", import.meta.url), {
  type: "module",
});
watch.postMessage(cases);

const start = performance.now();
const folder = await Deno.makeTempDir({ prefix: "fluxline-fuzz-" });
const failures: string[] = [];
let tried = 0;
let readers = 0;
try {
  for (const target of await fuzzTargets(folder)) {
    if (!target.name.includes(values.reader)) continue;
    readers++;
    watch.postMessage(target.name);
    try {
      const count = await fuzz(target, {
        seed: Number(values.seed),
        times: Number(values.times),
        onCase: () => Atomics.add(cases, 0, 1),
      });
      tried += count.tried;
      console.log(
        `${target.name}: ${count.tried} inputs, ${count.answered} of them answered, the others refused`,
      );
    } catch (error) {
      failures.push(target.name);
      console.log(`FAILED ${error instanceof Error ? error.message : error}`);
      if (error instanceof Error && error.cause instanceof Error) {
        console.log(error.cause.stack);
      }
    }
  }
} finally {
  watch.terminate();
  await Deno.remove(folder, { recursive: true });
}
if (readers === 0) throw new RangeError(`no reader is called ${values.reader}`);
console.log(
  `${tried} inputs for ${readers} readers, seed ${values.seed}: ${failures.length} readers failed${
    failures.length === 0 ? "" : ` (${failures.join(", ")})`
  }, ${formatDuration(performance.now() - start)}`,
);
Deno.exitCode = failures.length === 0 ? 0 : 1;
