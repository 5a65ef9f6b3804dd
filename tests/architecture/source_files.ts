// What the architecture tests look at: the project's own source files and their imports.
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Paths relative to {@linkcode ROOT} of every file under `folder` whose name ends in one of `endings`. */
export function filesUnder(
  folder: string,
  endings: readonly string[],
): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(join(ROOT, folder))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) found.push(...filesUnder(path, endings));
    else if (endings.some((ending) => entry.name.endsWith(ending))) {
      found.push(path);
    }
  }
  return found.sort();
}

/** Every TypeScript file of the product: the library, the two entries and the shipped tasks. */
export function productFiles(): string[] {
  return [
    "cli.ts",
    "mod.ts",
    ...filesUnder("lib", [".ts"]),
    ...filesUnder("pipelines", [".ts"]),
  ];
}

/** Text of a file of the project. */
export function textOf(path: string): string {
  return Deno.readTextFileSync(join(ROOT, path));
}

/** One import of a file. */
export interface ImportOf {
  readonly specifier: string;
  /** Relative to {@linkcode ROOT}, for local imports. */
  readonly path: string | null;
  /** Written as `import(...)`. */
  readonly isDynamic: boolean;
  /** Written as `import type` or `export type`. */
  readonly isTypeOnly: boolean;
}

const STATIC =
  /^\s*(import|export)\s+(type\s+)?(?:[\w*{][^;'"]*?\sfrom\s*)?["']([^"']+)["']/gm;
const DYNAMIC = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** Imports of a file, type imports included. */
export function importsOf(path: string): ImportOf[] {
  const text = textOf(path);
  const local = (specifier: string) =>
    specifier.startsWith(".")
      ? relative(ROOT, join(ROOT, dirname(path), specifier))
      : null;
  const found: ImportOf[] = [];
  for (const [, , type, specifier] of text.matchAll(STATIC)) {
    found.push({
      specifier: specifier!,
      path: local(specifier!),
      isDynamic: false,
      isTypeOnly: type !== undefined,
    });
  }
  for (const [, specifier] of text.matchAll(DYNAMIC)) {
    found.push({
      specifier: specifier!,
      path: local(specifier!),
      isDynamic: true,
      isTypeOnly: false,
    });
  }
  return found;
}
