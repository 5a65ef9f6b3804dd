// Engines stay as close as docs/engines.md says, from the same start.
import assert from "node:assert/strict";
import { testOnTensorflow } from "../support/tensorflow_library.ts";
import { testWithGpu } from "../support/webgpu_adapter.ts";
import { type Drift, DRIFT_BOUNDS, LOOKS } from "./drift.ts";

function assertClose(drifts: readonly Drift[], until: number): void {
  const looks = LOOKS.filter((batches) => batches <= until);
  assert.deepEqual(
    drifts.map(({ course, batches }) => [course, batches]),
    ["VAE", "flow"].flatMap((name) => looks.map((batches) => [name, batches])),
  );
  for (const { course, batches, loss, weights } of drifts) {
    const bound = DRIFT_BOUNDS[batches as keyof typeof DRIFT_BOUNDS];
    assert.ok(
      loss <= bound.loss && weights <= bound.weights,
      `${course} after ${batches}: loss ${loss}, weights ${weights}`,
    );
    // Two engines that agree to the last bit would be one engine twice.
    assert.ok(weights > 0);
  }
}

/** Measured in a process of its own, where no other engine has been. */
async function driftOf(name: string, until: number): Promise<Drift[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-all",
      new URL("drift_main.ts", import.meta.url).pathname,
      ...["--engine", name, "--until", String(until), "--json"],
    ],
  }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout).trim().split("\n").at(-1)!)[name];
}

testOnTensorflow(
  "tensorflow is as close to wasm after 1, 10 and 100 batches as its documentation says",
  async () => assertClose(await driftOf("tensorflow", 100), 100),
);

// A software adapter needs minutes for a hundred batches; `deno task drift` measures them.
testWithGpu(
  "webgpu is as close to wasm after 1 and 10 batches as its documentation says",
  async () => assertClose(await driftOf("webgpu", 10), 10),
);

Deno.test("docs/engines.md states the bounds that are tested", () => {
  const text = Deno.readTextFileSync(
    new URL("../../docs/engines.md", import.meta.url),
  );
  for (const batches of LOOKS) {
    const { loss, weights } = DRIFT_BOUNDS[batches];
    const row = new RegExp(
      `^\\| ${batches} +\\| ${loss.toExponential(0)} +\\| ${
        weights.toExponential(0)
      } +\\|$`,
      "m",
    );
    assert.match(text, row);
  }
});
