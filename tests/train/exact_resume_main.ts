// deno task test:resume: a small pipeline of three train steps is stopped and killed at every report that it makes (each batch,
// evaluation, drawing and save), goes on, and must end with the same bytes. --engine names one engine, else a process runs each;
// --sample N with --seed takes some of the cases.
import { parseArgs } from "node:util";
import { formatDuration } from "../../lib/clock/duration.ts";
import {
  EMBEDDED_ENGINE,
  type EngineChoice,
} from "../../lib/engine_setup/engine_choice.ts";
import { Permutation } from "../../lib/random/permutation.ts";
import { tensorflow } from "../support/tensorflow_library.ts";
import { INTERRUPTIONS, ResumedPipeline } from "./exact_resume.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    engine: { type: "string" },
    sample: { type: "string" },
    seed: { type: "string", default: "0" },
  },
});

if (values.engine === undefined) {
  // One process runs one engine.
  for (const engine of [EMBEDDED_ENGINE.name, "tensorflow"]) {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--allow-all", import.meta.filename!],
        ...[...Deno.args, "--engine", engine],
      ],
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    if (!success) Deno.exitCode = 1;
  }
} else {
  await resumeOn(
    values.engine === EMBEDDED_ENGINE.name ? EMBEDDED_ENGINE : tensorflow(),
  );
}

async function resumeOn(engine: EngineChoice): Promise<void> {
  const start = performance.now();
  using pipeline = await ResumedPipeline.open(engine);
  const all = pipeline.cases();
  const order = Permutation.of(all.length, Number(values.seed), 0);
  const cases = values.sample === undefined ? all : Array.from(
    { length: Number(values.sample) },
    (_, at) => all[order.at(at)]!,
  );
  const phases = Map.groupBy(pipeline.points, (point) => point.split(" ")[1]!);
  const shares = [...phases].map(([name, points]) =>
    `${name} ${points.length}`
  );
  console.log(
    `${pipeline.points.length} reports on ${engine.numericClass}: ${
      shares.join(", ")
    }`,
  );
  let failed = 0;
  for (const one of cases) {
    const wrong = await pipeline.try(one);
    if (wrong === null) continue;
    failed++;
    console.log(
      `FAILED ${one.kind} at ${one.at} (${pipeline.points[one.at]}): ${wrong}`,
    );
  }
  for (const kind of INTERRUPTIONS) {
    console.log(
      `${kind}: ${cases.filter((one) => one.kind === kind).length} cases`,
    );
  }
  console.log(
    `${cases.length} of ${all.length} resumed runs, ${failed} without the same bytes, ${
      formatDuration(performance.now() - start)
    }`,
  );
  Deno.exitCode = failed === 0 ? 0 : 1;
}
