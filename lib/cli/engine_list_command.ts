// `fluxline engine list`: which engines there are, which one `auto` takes, and why. Looks at files and starts nothing.
import { ENGINE_NAMES } from "../engine_setup/engine_choice.ts";
import { ANY_ENGINE, candidate } from "../engine_setup/engine_wish.ts";
import type { Terminal } from "./terminal.ts";

/** One engine as the command shows it. */
interface EngineState {
  readonly name: string;
  /** For `auto`. */
  readonly isAvailable: boolean;
  readonly state: "available" | "not available" | "by its name";
  readonly reason: string;
  /** What would make it available; null where it is. */
  readonly hint: string | null;
}

/** No file tells whether a GPU answers; software adapters would be slower than the embedded engine. */
const BY_NAME: EngineState = {
  name: "webgpu",
  isAvailable: false,
  state: "by its name",
  reason:
    "a GPU through its Vulkan driver; auto never takes it, --engine webgpu does",
  hint: "Run `deno task engine doctor` to see whether a GPU answers",
};

/** Prints the engines. */
export function engineListCommand(
  options: { readonly json?: true },
  terminal: Terminal,
): void {
  const engines = ENGINE_NAMES.map(stateOf);
  const chosen = engines.find((engine) => engine.isAvailable)!.name;
  if (options.json === true) {
    terminal.out(JSON.stringify({ auto: chosen, engines }, null, 2));
    return;
  }
  for (const { name, state, reason } of engines) {
    terminal.out(`${name.padEnd(12)}${state.padEnd(15)}${reason}`);
  }
  terminal.out(`auto takes ${chosen}: the first of them that is available`);
  for (const { name, hint } of engines) {
    if (hint !== null && name === "tensorflow") {
      terminal.out(`for ${name}: ${hint}`);
    }
  }
}

function stateOf(name: (typeof ENGINE_NAMES)[number]): EngineState {
  if (name === "webgpu") return BY_NAME;
  const found = candidate(name, ANY_ENGINE);
  if (found.kind === "missing") {
    const { reason, hint } = found;
    return { name, isAvailable: false, state: "not available", reason, hint };
  }
  const { library } = found.choice;
  const reason = library === null
    ? "embedded: WebAssembly from npm, one thread, no native code"
    : `TensorFlow ${library.version}, native code in "${library.path}"`;
  return { name, isAvailable: true, state: "available", reason, hint: null };
}
