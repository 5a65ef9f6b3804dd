// `fluxline engine`: which engines there are, which one `auto` takes, and why.
import { RefusedError, UsageError } from "../error/failure.ts";
import type { Terminal } from "./terminal.ts";

/** One engine as the command shows it. */
interface EngineState {
  readonly name: string;
  readonly isAvailable: boolean;
  readonly reason: string;
}

const ENGINES: readonly EngineState[] = [
  {
    name: "tensorflow",
    isAvailable: false,
    reason: "TensorFlow's C library is not supported by this version",
  },
  {
    name: "webgpu",
    isAvailable: false,
    reason: "GPUs through WebGPU are not supported by this version",
  },
  {
    name: "wasm",
    isAvailable: true,
    reason: "embedded: WebAssembly from npm, one thread, no native code",
  },
];

/**
 * The engine for `--engine`.
 *
 * @throws RefusedError for an engine that this version cannot start
 * @throws UsageError for a name that is no engine
 */
export function chooseEngine(wanted: string): "wasm" {
  if (wanted === "auto" || wanted === "wasm") return "wasm";
  const known = ENGINES.find((engine) => engine.name === wanted);
  if (known === undefined) {
    throw new UsageError(
      `Cannot use engine "${wanted}": there is none of that name`,
      {
        hint: `Choose one of auto, ${
          ENGINES.map((engine) => engine.name).join(", ")
        }`,
      },
    );
  }
  throw new RefusedError(`Cannot use engine "${wanted}": ${known.reason}`, {
    hint: "Use --engine wasm, or leave the option out",
  });
}

/** Prints the engines. */
export function engineCommand(
  options: { readonly json?: true },
  terminal: Terminal,
): void {
  const chosen = chooseEngine("auto");
  if (options.json === true) {
    terminal.out(JSON.stringify({ auto: chosen, engines: ENGINES }, null, 2));
    return;
  }
  for (const engine of ENGINES) {
    const state = engine.isAvailable ? "available" : "not available";
    terminal.out(
      `${engine.name.padEnd(12)}${state.padEnd(15)}${engine.reason}`,
    );
  }
  terminal.out(`auto takes ${chosen}: the first of them that is available`);
}
