// Engines stay as close as docs/engines.md says, from the same start.
import assert from "node:assert/strict";
import { tensorflow, testOnTensorflow } from "../support/tensorflow_library.ts";
import { testWithGpu } from "../support/webgpu_adapter.ts";
import { type Drift, DRIFT_BOUNDS, LOOKS, measureDrift } from "./drift.ts";
import { WEBGPU_ENGINE } from "../../lib/engine_setup/engine_choice.ts";

function assertClose(drifts: readonly Drift[]): void {
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

testOnTensorflow(
  "tensorflow is as close to wasm after 1, 10 and 100 batches as its documentation says",
  async () => assertClose(await measureDrift(tensorflow(), LOOKS)),
);

// A software adapter needs minutes for a hundred batches; `deno task drift` measures them.
await testWithGpu(
  "webgpu is as close to wasm after 1 and 10 batches as its documentation says",
  async () => assertClose(await measureDrift(WEBGPU_ENGINE, [1, 10])),
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
