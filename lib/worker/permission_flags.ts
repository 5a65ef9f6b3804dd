// Turns the symbolic allow lists of a plan into Deno's flags on this machine.
import { join, resolve } from "node:path";
import { RefusedError } from "../error/failure.ts";
import { configFlags } from "./code_fetch.ts";
import {
  type ModuleGraph,
  readModuleGraph,
  wasmFiles,
} from "./module_graph.ts";
import {
  CODE_PREFIX,
  isSymbolic,
  OWN_CODE_PREFIX,
  PACKAGE_PREFIX,
  RUNNER_FILES,
  type StepPermissions,
} from "./permissions.ts";

/** A step's permissions with every place resolved to an absolute path. */
export interface ResolvedPermissions extends StepPermissions {
  /** The part of `read` that is code and package files, which no user wrote as data. */
  readonly code: readonly string[];
}

/**
 * Looks up what `npm:` and `code:` stand for here.
 *
 * @throws RefusedError for a package or module that cannot be found
 */
export async function resolvePermissions(
  permissions: StepPermissions,
  packageRoot: string,
  graphOf: (entry: string) => Promise<ModuleGraph> = (entry) =>
    readModuleGraph(entry, packageRoot),
): Promise<ResolvedPermissions> {
  const code: string[] = [];
  for (const entry of permissions.read) {
    if (entry.startsWith(CODE_PREFIX)) {
      const graph = await graphOf(resolve(entry.slice(CODE_PREFIX.length)));
      code.push(...graph.files);
      for (const folder of graph.packageFolders) {
        code.push(...await wasmFiles(folder));
      }
    } else if (entry.startsWith(OWN_CODE_PREFIX)) {
      const module = entry.slice(OWN_CODE_PREFIX.length);
      code.push(...(await graphOf(join(packageRoot, module))).files);
    } else if (entry.startsWith(PACKAGE_PREFIX)) {
      // Every graph lists what the lock file knows; this one is read fastest.
      const graph = await graphOf(stepEntry(packageRoot, "script"));
      code.push(packageFile(entry, graph.installed));
    }
  }
  const paths = permissions.read.filter((entry) => !isSymbolic(entry));
  return {
    ...permissions,
    code,
    read: [...paths.map((path) => resolve(path)), ...code],
    write: permissions.write.map((path) => resolve(path)),
  };
}

/** The module that the process of a step starts with. */
export function stepEntry(packageRoot: string, task: string): string {
  const name = task === "script" ? "script_main.ts" : "worker_main.ts";
  return join(packageRoot, "lib", "steps", name);
}

/**
 * Flags of `deno run` for one step; `folder` is the step's own, whose records it may read but not write.
 *
 * @throws RefusedError for a path that Deno's flags cannot carry
 */
export function permissionFlags(
  permissions: ResolvedPermissions,
  folder: string,
  packageRoot: string,
): string[] {
  return [
    ...configFlags(packageRoot),
    "--no-prompt",
    "--cached-only",
    "--no-remote",
    "--frozen",
    "--ignore-env",
    ...allow("read", permissions.read),
    ...allow("write", permissions.write),
    ...allow("net", permissions.net),
    ...allow("env", permissions.env),
    ...allow("ffi", permissions.ffi),
    ...allow("sys", permissions.sys),
    `--deny-write=${list(RUNNER_FILES.map((name) => join(folder, name)))}`,
  ];
}

function allow(name: string, entries: readonly string[]): string[] {
  // `--allow-read=` with nothing behind it would grant everything.
  return entries.length === 0 ? [] : [`--allow-${name}=${list(entries)}`];
}

function list(entries: readonly string[]): string {
  const split = entries.find((entry) => entry.includes(","));
  if (split !== undefined) {
    throw new RefusedError(
      `Cannot grant "${split}" to a step: Deno reads a comma in a permission as the end of the path`,
      { hint: "Move or rename the folder so that its path has no comma" },
    );
  }
  return entries.join(",");
}

function packageFile(
  entry: string,
  installed: ReadonlyMap<string, string>,
): string {
  const parts = entry.slice(PACKAGE_PREFIX.length).split("/");
  const nameLength = parts[0]?.startsWith("@") ? 2 : 1;
  const name = parts.slice(0, nameLength).join("/");
  const folder = installed.get(name);
  if (folder === undefined) {
    throw new RefusedError(
      `Cannot grant read of "${entry}": package "${name}" is not in deno.lock`,
    );
  }
  return join(folder, ...parts.slice(nameLength));
}
