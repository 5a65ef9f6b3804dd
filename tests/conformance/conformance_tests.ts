// Registers the suite's tests for one engine: one per operation, and that the table has every kernel.
import assert from "node:assert/strict";
import type { EngineName } from "../../lib/engine_setup/engine_choice.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { startHere } from "./engine_under_test.ts";
import { checkedKernels, checkOp } from "./suite.ts";
import { OWN_KERNELS, TOLERANCES } from "./tolerances.ts";

/** Registers the tests; where the engine is missing they are ignored, with a printed reason. */
export async function conformanceTests(name: EngineName): Promise<void> {
  const engine = await startHere(name);
  const options = {
    ignore: engine === null,
    // A GPU's device lives as long as the process.
    sanitizeOps: false,
    sanitizeResources: false,
  };
  for (const tolerance of TOLERANCES) {
    Deno.test({
      ...options,
      name: `${name} computes ${tolerance.kernel} as float64 does`,
      fn: async () => {
        const { problems, cases } = await checkOp(tolerance);
        assert.ok(cases > 0, "it has no case");
        assert.deepEqual(problems, []);
      },
    });
  }
  Deno.test({
    ...options,
    name:
      `${name} has the kernels of our own that it should, and each has a row in the table`,
    fn: () => {
      const known = checkedKernels();
      const own = tf.getKernelsForBackend(name)
        .map(({ kernelName }) => kernelName)
        .filter((kernel) => kernel.startsWith("Flux"));
      assert.deepEqual(own.toSorted(), OWN_KERNELS[name]);
      assert.deepEqual(own.filter((kernel) => !known.has(kernel)), []);
    },
  });
}
