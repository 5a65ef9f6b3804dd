// Starts a short process around one engine and reads the JSON line that it answers with: what a native library does to its
// process must not reach the one that asks.
import type { EngineStart } from "../engine_setup/engine_choice.ts";
import { INSTALL_HINT } from "../engine_setup/library.ts";
import { configFlags } from "./code_fetch.ts";
import { resolvePermissions } from "./permission_flags.ts";
import { ENGINE_FILES } from "./permissions.ts";
import { lastLine } from "./last_line.ts";

/** What came back. */
export type EngineAnswer<T> =
  | ({ readonly kind: "works" } & T)
  | {
    readonly kind: "fails";
    readonly problem: string;
    readonly hint: string | null;
    /** The engine said why; otherwise its process failed in some way of its own. */
    readonly isRefused: boolean;
  };

/** Runs `entry` with `start` as its argument; it may load the engine and nothing else. */
export async function askEngine<T extends object>(
  entry: string,
  { name, library, threads, device }: EngineStart,
  packageRoot: string,
): Promise<EngineAnswer<T>> {
  const files = await resolvePermissions({
    read: ENGINE_FILES[name],
    write: [],
    net: [],
    env: [],
    ffi: [],
    sys: [],
    run: [],
  }, packageRoot);
  const output = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      ...configFlags(packageRoot),
      "--no-prompt",
      "--cached-only",
      "--no-remote",
      "--frozen",
      "--ignore-env",
      ...(files.read.length === 0
        ? []
        : [`--allow-read=${files.read.join(",")}`]),
      ...(library === null ? [] : [`--allow-ffi=${library.path}`]),
      entry,
      JSON.stringify({ name, library, threads, device }),
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  const answer = output.success ? parsed<T>(output.stdout) : null;
  if (answer === null) {
    const how = output.signal === null
      ? `its process ended with ${output.code}`
      : `its process was ended by ${output.signal}`;
    return {
      kind: "fails",
      problem: `Cannot start engine "${name}": ${how}: ${
        lastLine(new TextDecoder().decode(output.stderr))
      }`,
      hint: library === null ? "Use --engine wasm" : INSTALL_HINT,
      isRefused: false,
    };
  }
  return "problem" in answer
    ? { kind: "fails", isRefused: true, ...answer }
    : { kind: "works", ...answer };
}

function parsed<T>(
  stdout: Uint8Array,
): T | { readonly problem: string; readonly hint: string | null } | null {
  try {
    return JSON.parse(lastLine(new TextDecoder().decode(stdout)));
  } catch {
    return null;
  }
}
