// Lets Python's pip fetch a wheel, so that its mirrors, wheel folders, proxies and logins work here too.
import { join } from "node:path";
import { parseWheelName } from "./wheel_name.ts";

/** What pip is asked for. */
export interface PipOrder {
  readonly package: string;
  readonly version: string | null;
  /** Overrides pip's own settings. */
  readonly index: string | null;
  /** Existing folder for the wheel. */
  readonly folder: string;
  /** Whether pip may draw its progress on this process's terminal. */
  readonly showProgress: boolean;
}

/** How it went. */
export type PipOutcome =
  | { readonly kind: "fetched"; readonly wheel: string }
  /** There is no Python with pip. */
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly reason: string };

/** Runs `pip download`. */
export async function pipDownload(order: PipOrder): Promise<PipOutcome> {
  if (!await hasPip()) return { kind: "absent" };
  const requirement = order.version === null
    ? order.package
    : `${order.package}==${order.version}`;
  const output = await new Deno.Command("python3", {
    args: [
      "-m",
      "pip",
      "download",
      "--no-deps",
      "--only-binary=:all:",
      "--disable-pip-version-check",
      ...(order.showProgress ? [] : ["--progress-bar", "off"]),
      "--dest",
      order.folder,
      ...(order.index === null ? [] : ["--index-url", order.index]),
      requirement,
    ],
    stdin: "null",
    stdout: order.showProgress ? "inherit" : "piped",
    stderr: "piped",
  }).output();
  if (!output.success) {
    return { kind: "failed", reason: lastError(output.stderr) };
  }
  const wheel = [...Deno.readDirSync(order.folder)]
    .map((entry) => entry.name)
    .find((name) => parseWheelName(name)?.package === order.package);
  return wheel === undefined
    ? { kind: "failed", reason: "pip left no wheel" }
    : { kind: "fetched", wheel: join(order.folder, wheel) };
}

async function hasPip(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("python3", {
      args: ["-m", "pip", "--version"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function lastError(stderr: Uint8Array): string {
  const lines = new TextDecoder().decode(stderr).split("\n")
    .map((line) => line.trim()).filter((line) => line !== "");
  const error = lines.findLast((line) => line.startsWith("ERROR:"));
  return error?.slice("ERROR:".length).trim() ?? lines.at(-1) ??
    "it gave no reason";
}
