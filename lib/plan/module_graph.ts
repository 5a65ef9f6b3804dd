// Digest of the code that a script task runs: its local modules by content, its packages by locked version.
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { RefusedError } from "../error/failure.ts";
import { sha256Hex } from "../disk/digest.ts";
import { isGranted } from "../disk/granted.ts";
import { scanImports } from "./import_scan.ts";
import { PackageNames } from "./package_names.ts";

/** The code of one script task, as it enters the step's key. */
export interface ModuleGraph {
  /** Path relative to the entry's folder to SHA-256. */
  readonly files: Readonly<Record<string, string>>;
  /** Package with its locked version, or the specifier where no lock file knows it, sorted. */
  readonly packages: readonly string[];
}

const SCANNED = /\.(?:ts|tsx|mts|js|jsx|mjs)$/;

/**
 * Follows the imports of the module at the absolute path `entry`. fluxline's own `lib/` and `mod.ts` under `packageRoot` are left
 * out: the versions of step bodies stand for them.
 *
 * @throws {RefusedError} where a local module is missing or may not be read
 */
export async function moduleGraph(
  entry: string,
  packageRoot: string,
): Promise<ModuleGraph> {
  const names = await PackageNames.read(packageRoot);
  const files: Record<string, string> = {};
  const packages = new Set<string>();
  const seen = new Set<string>();
  const waiting: Module[] = [{ path: entry, importedBy: null }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next.path)) continue;
    seen.add(next.path);
    const bytes = readModule(next);
    files[relative(dirname(entry), next.path)] = sha256Hex(bytes);
    const text = SCANNED.test(next.path) ? new TextDecoder().decode(bytes) : "";
    for (const target of targetsOf(text, next.path, names)) {
      if (target.kind === "package") packages.add(names.locked(target.name));
      else if (!isOwnCode(target.path, packageRoot)) {
        waiting.push({ path: target.path, importedBy: next.path });
      }
    }
  }
  return { files, packages: [...packages].sort() };
}

interface Module {
  readonly path: string;
  readonly importedBy: string | null;
}

type Target =
  | { readonly kind: "package"; readonly name: string }
  | { readonly kind: "file"; readonly path: string };

/** What the module at `path` refers to; Deno's own modules are left out. */
function targetsOf(text: string, path: string, names: PackageNames): Target[] {
  const { modules, assets } = scanImports(text);
  const imported = modules.flatMap((specifier): Target[] => {
    const name = names.resolve(specifier);
    const place = localPath(name, path);
    if (place !== null) return [{ kind: "file", path: place }];
    return name.startsWith("node:") ? [] : [{ kind: "package", name }];
  });
  // A folder, or a file that appears later, is the script's own affair.
  const read = assets.map((asset) => resolve(dirname(path), asset)).filter(
    isReadableFile,
  )
    .map((place): Target => ({ kind: "file", path: place }));
  return [...imported, ...read];
}

function localPath(specifier: string, importer: string): string | null {
  if (specifier.startsWith("file:")) return fileURLToPath(specifier);
  if (specifier.startsWith("/")) return specifier;
  if (specifier.startsWith("./") || specifier.startsWith("../")) {
    return resolve(dirname(importer), specifier);
  }
  return null;
}

function isOwnCode(path: string, packageRoot: string): boolean {
  const inside = relative(packageRoot, path);
  return inside === "mod.ts" || inside.startsWith("lib/");
}

function readModule({ path, importedBy }: Module): Uint8Array<ArrayBuffer> {
  const place = importedBy === null ? "" : `, imported by "${importedBy}"`;
  if (!isGranted({ name: "read", path })) {
    throw new RefusedError(
      `Cannot read module "${path}"${place}: this process may not read it`,
      { hint: `Run with -R=.,${path}, or with -R` },
    );
  }
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.IsADirectory) {
      throw new RefusedError(
        `Cannot read module "${path}"${place}: it is a folder`,
        { hint: "Name the file, such as mod.ts in it", cause: error },
      );
    }
    if (
      !(error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.NotADirectory)
    ) throw error;
    throw new RefusedError(`Cannot find module "${path}"${place}`, {
      hint: "Correct the path; it is relative to the file that names it",
      cause: error,
    });
  }
}

function isReadableFile(path: string): boolean {
  if (!isGranted({ name: "read", path })) return false;
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
