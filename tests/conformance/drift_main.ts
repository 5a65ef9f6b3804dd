// deno task drift [--engine NAME]... [--until N] [--json]: how far each engine is from wasm after 1, 10 and 100 batches.
import { parseArgs } from "node:util";
import { type Drift, LOOKS, measureDrift } from "./drift.ts";
import { engineNamed, startHere } from "./engine_under_test.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    engine: { type: "string", multiple: true },
    until: { type: "string", default: "100" },
    json: { type: "boolean", default: false },
  },
});
const names = (values.engine ?? ["tensorflow", "webgpu"]).map(engineNamed);
const looks = LOOKS.filter((batches) => batches <= Number(values.until));
const found: Record<string, Drift[]> = {};
if (!values.json) {
  console.log("from wasm     step   batches   loss      weights");
}
for (const name of names) {
  const engine = await startHere(name);
  if (engine === null) continue;
  found[name] = await measureDrift(engine, looks);
  if (!values.json) printDrifts(name, found[name]);
}
console.log(
  values.json
    ? JSON.stringify(found)
    : "loss: largest share by which a batch's differs; weights: norm of the difference over the norm",
);
Deno.exit(0);

function printDrifts(name: string, drifts: readonly Drift[]): void {
  for (const { course, batches, loss, weights } of drifts) {
    const start = [
      name.padEnd(14),
      course.padEnd(7),
      String(batches).padEnd(10),
    ];
    const [first, second] = [loss, weights].map((one) => one.toExponential(1));
    console.log(`${start.join("")}${first!.padEnd(10)}${second!}`);
  }
}
