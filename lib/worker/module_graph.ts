// The files behind a module: what it imports from disk, and where its npm packages lie. Deno itself is asked, so that both always agree.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RefusedError } from "../error/failure.ts";
import { configFlags } from "./code_fetch.ts";
import { lastLine } from "./last_line.ts";

/** What one entry module leads to. */
export interface ModuleGraph {
  /** Absolute paths of the entry and of every local module that it imports. */
  readonly files: readonly string[];
  /** Whether the entry and these files are all that it needs: no package, and no module of a server. */
  readonly isLocal: boolean;
  /** Folders of the npm packages that it imports, directly or through others. */
  readonly packageFolders: readonly string[];
  /** Folder of every package that the lock file knows, by package name. */
  readonly installed: ReadonlyMap<string, string>;
}

interface DenoInfo {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly npmPackage?: string;
    readonly local?: string;
  }[];
  readonly npmPackages?: Readonly<
    Record<
      string,
      {
        readonly name: string;
        readonly dependencies: readonly string[];
        readonly localPath?: string;
      }
    >
  >;
}

/**
 * Reads the graph of `entry` (an absolute path) under fluxline's own import map and lock file.
 *
 * @throws RefusedError where the entry or one of its imports cannot be found
 */
export async function readModuleGraph(
  entry: string,
  packageRoot: string,
): Promise<ModuleGraph> {
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ...configFlags(packageRoot), entry],
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  if (output.signal !== null) {
    throw new RefusedError(
      `Cannot read the imports of "${entry}": \`deno info\` was ended by ${output.signal}`,
      { hint: "Run the same command again; finished work is kept" },
    );
  }
  if (!output.success) {
    const reason = lastLine(decoder.decode(output.stderr));
    throw new RefusedError(`Cannot read the imports of "${entry}": ${reason}`);
  }
  const graph = JSON.parse(decoder.decode(output.stdout)) as DenoInfo;
  const broken = graph.modules.find((module) => module.error !== undefined);
  if (broken !== undefined) {
    const reason = broken.error?.split("\n")[0];
    const place = /\bat (file:\S+:\d+:\d+)/.exec(broken.error ?? "")?.[1];
    throw new RefusedError(
      `Cannot read the imports of "${entry}": ${reason}${
        place === undefined ? "" : `, at ${place}`
      }`,
      { hint: "Correct the import, or the step's `uses`" },
    );
  }
  return {
    files: graph.modules
      .filter((module) => module.specifier.startsWith("file:"))
      .map((module) => fileURLToPath(module.specifier)),
    isLocal: graph.modules.every(({ specifier }) =>
      /^(?:file|node|data):/.test(specifier)
    ),
    packageFolders: reachedPackages(graph),
    installed: installedPackages(graph),
  };
}

/** Every `.wasm` file of a package; a package loads them at run time, so no import names them. */
export async function wasmFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) found.push(...await wasmFiles(path));
    else if (entry.isFile && entry.name.endsWith(".wasm")) found.push(path);
  }
  return found.sort();
}

function reachedPackages(graph: DenoInfo): string[] {
  const packages = graph.npmPackages ?? {};
  const open = graph.modules.flatMap((module) => module.npmPackage ?? []);
  const reached = new Set<string>();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    open.push(...packages[id]?.dependencies ?? []);
  }
  return [...reached].flatMap((id) => packages[id]?.localPath ?? []).sort();
}

function installedPackages(graph: DenoInfo): Map<string, string> {
  const folders = new Map<string, string>();
  for (const known of Object.values(graph.npmPackages ?? {})) {
    if (known.localPath !== undefined) folders.set(known.name, known.localPath);
  }
  return folders;
}
