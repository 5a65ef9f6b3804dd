// Starts the engine that the suite is pointed at; one that this machine lacks is skipped, or fails where CI promised it.
import {
  EMBEDDED_ENGINE,
  ENGINE_NAMES,
  type EngineChoice,
  type EngineName,
  WEBGPU_ENGINE,
} from "../../lib/engine_setup/engine_choice.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { REQUIRED_VARIABLE } from "../support/outside_program.ts";
import { TENSORFLOW } from "../support/tensorflow_library.ts";

/** What an engine needs beyond npm. */
const NEEDS: Readonly<Record<EngineName, string>> = {
  tensorflow: "TensorFlow's library: deno task engine install",
  webgpu: "a Vulkan driver: apt-get install mesa-vulkan-drivers",
  wasm: "nothing",
};

/** The engine of a name as a run would choose it; null where this machine lacks it. */
async function engineHere(
  name: EngineName,
): Promise<EngineChoice | null> {
  switch (name) {
    case "tensorflow":
      return TENSORFLOW;
    case "wasm":
      return EMBEDDED_ENGINE;
    case "webgpu": {
      const adapter = await navigator.gpu.requestAdapter();
      return adapter === null ? null : WEBGPU_ENGINE;
    }
    default:
      return name satisfies never;
  }
}

/** Starts it; null, with a printed reason, where this machine lacks it. */
export async function startHere(
  name: EngineName,
): Promise<EngineChoice | null> {
  const engine = await engineHere(name);
  if (engine !== null) {
    await startEngine(engine);
    return engine;
  }
  if (Deno.env.get(REQUIRED_VARIABLE) === "1") {
    throw new Error(`CI must have ${NEEDS[name]}`);
  }
  console.log(`skipped: needs ${NEEDS[name]}`);
  return null;
}

/** The engine of a command's argument. */
export function engineNamed(text: string): EngineName {
  const name = ENGINE_NAMES.find((one) => one === text);
  if (name !== undefined) return name;
  throw new Error(
    `Cannot check engine "${text}": choose one of ${ENGINE_NAMES.join(", ")}`,
  );
}
