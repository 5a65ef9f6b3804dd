// Opens TensorFlow's C library and says what is wrong with one that cannot serve.
import { RefusedError } from "../../error/failure.ts";
import { describeElf } from "../../engine_setup/elf_header.ts";
import { INSTALL_HINT, OLDEST_VERSION } from "../../engine_setup/library.ts";
import { isOlder } from "../../engine_setup/version.ts";
import { textAt } from "./native_text.ts";
import { type Calls, SYMBOLS, VERSION_SYMBOLS } from "./symbols.ts";

/** An opened library; it stays open until the process ends, because TensorFlow cannot be unloaded. */
export interface TensorflowLibrary {
  /** Absolute. */
  readonly path: string;
  /** Such as `2.21.0`. */
  readonly version: string;
  readonly calls: Calls;
}

/**
 * Opens the library at `path`; needs `--allow-ffi` for exactly that path.
 *
 * @throws {RefusedError} when it is no library for this machine, is too old, or lacks a function
 */
export function openLibrary(path: string): TensorflowLibrary {
  const version = readVersion(path);
  if (isOlder(version, OLDEST_VERSION)) {
    throw new RefusedError(
      `Cannot use TensorFlow ${version} in "${path}": wanted ${OLDEST_VERSION} or newer`,
      { hint: INSTALL_HINT },
    );
  }
  try {
    return { path, version, calls: Deno.dlopen(path, SYMBOLS).symbols };
  } catch (cause) {
    throw new RefusedError(
      `Cannot use TensorFlow ${version} in "${path}": ${reason(cause)}`,
      { cause, hint: INSTALL_HINT },
    );
  }
}

function readVersion(path: string): string {
  let calls;
  try {
    calls = Deno.dlopen(path, VERSION_SYMBOLS).symbols;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const why = /symbol/i.test(reason(cause))
      ? `it is not TensorFlow's C library (${reason(cause)})`
      : describeElf(path) ?? reason(cause);
    throw new RefusedError(`Cannot open "${path}": ${why}`, {
      cause,
      hint: INSTALL_HINT,
    });
  }
  return textAt(calls, calls.TF_Version());
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
