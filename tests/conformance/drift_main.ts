// deno task drift [--engine NAME]...: how far each engine is from wasm after 1, 10 and 100 batches from the same start.
import { parseArgs } from "node:util";
import { measureDrift } from "./drift.ts";
import { engineNamed, startHere } from "./engine_under_test.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: { engine: { type: "string", multiple: true } },
});
const names = (values.engine ?? ["tensorflow", "webgpu"]).map(engineNamed);
console.log("from wasm     step   batches   loss      weights");
for (const name of names) {
  const engine = await startHere(name);
  if (engine === null) continue;
  for (const { course, batches, loss, weights } of await measureDrift(engine)) {
    const figures = [loss, weights].map((one) => one.toExponential(1));
    console.log(
      [
        name.padEnd(14),
        course.padEnd(7),
        String(batches).padEnd(10),
        figures[0]!.padEnd(10),
        figures[1]!,
      ].join(""),
    );
  }
}
console.log(
  "loss: share by which it differs; weights: norm of the difference over the norm",
);
Deno.exit(0);
