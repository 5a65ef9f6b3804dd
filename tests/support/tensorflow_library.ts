// TensorFlow's library for tests: found where `engine install` put it. Where it is missing, tests say so and are ignored.
import type { EngineChoice } from "../../lib/engine_setup/engine_choice.ts";
import { ANY_ENGINE, candidate } from "../../lib/engine_setup/engine_wish.ts";
import { REQUIRED_VARIABLE } from "./outside_program.ts";

const HOW = "deno task engine install";
const found = candidate("tensorflow", { ...ANY_ENGINE, device: null });

/** The engine as a run would choose it; null where it is not installed. */
export const TENSORFLOW: EngineChoice | null = found.kind === "possible"
  ? found.choice
  : null;

/** The same for tests that run only where it is there. */
export function tensorflow(): EngineChoice {
  if (TENSORFLOW === null) {
    throw new Error(`needs TensorFlow's library: ${HOW}`);
  }
  return TENSORFLOW;
}

/** Registers a test that is ignored, with a printed reason, where the library is missing. CI must have it. */
export function testOnTensorflow(
  name: string,
  body: () => void | Promise<void>,
): void {
  const isThere = TENSORFLOW !== null;
  const isPromised = Deno.env.get(REQUIRED_VARIABLE) === "1";
  if (!isThere && !isPromised) {
    console.log(`skipped: needs TensorFlow's library (${HOW}): ${name}`);
  }
  Deno.test({
    name,
    ignore: !isThere && !isPromised,
    fn: async () => {
      tensorflow();
      await body();
    },
  });
}
