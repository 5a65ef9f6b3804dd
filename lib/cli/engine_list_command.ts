// `fluxline engine list`: which engines there are, which one `auto` takes, and why. Looks at files and starts nothing.
import { ENGINE_NAMES } from "../engine_setup/engine_choice.ts";
import { ANY_ENGINE, candidate } from "../engine_setup/engine_wish.ts";
import type { Terminal } from "./terminal.ts";

/** One engine as the command shows it. */
interface EngineState {
  readonly name: string;
  readonly isAvailable: boolean;
  readonly reason: string;
  /** What would make it available; null where it is. */
  readonly hint: string | null;
}

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
  for (const { name, isAvailable, reason } of engines) {
    const state = isAvailable ? "available" : "not available";
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
  const found = candidate(name, ANY_ENGINE);
  if (found.kind === "missing") {
    const { reason, hint } = found;
    return { name, isAvailable: false, reason, hint };
  }
  const { library } = found.choice;
  const reason = library === null
    ? "embedded: WebAssembly from npm, one thread, no native code"
    : `TensorFlow ${library.version}, native code in "${library.path}"`;
  return { name, isAvailable: true, reason, hint: null };
}
