// Finds the modules and files that a script's text names, without running it.

/** What one module's text refers to, as written, each once and sorted. */
export interface ScannedImports {
  /** Specifiers of static imports, exports and of `import()` with a literal. */
  readonly modules: readonly string[];
  /** First arguments of `new URL("…", import.meta.url)`. */
  readonly assets: readonly string[];
}

const IMPORT_PATTERNS = [
  /\b(?:import|export)\b[^;"'`]*?\bfrom\s*(["'])([^"'\n]+)\1/g,
  /\bimport\s*(["'])([^"'\n]+)\1/g,
  /\bimport\s*\(\s*(["'`])([^"'`\n$]+)\1/g,
];

const ASSET_PATTERN =
  /\bnew\s+URL\s*\(\s*(["'`])([^"'`\n$]+)\1\s*,\s*import\.meta\.url/g;

/**
 * Scans TypeScript or JavaScript. A specifier in a comment or a string may be found too: that only makes a key depend on one
 * module more. A specifier that is computed at run time is not found.
 */
export function scanImports(text: string): ScannedImports {
  const modules = IMPORT_PATTERNS.flatMap((pattern) => matches(text, pattern));
  return {
    modules: unique(modules),
    assets: unique(matches(text, ASSET_PATTERN)),
  };
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[2] as string);
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
