// Words that must not appear: places and tools of the machines that the project was made on, and marketing.
import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "./source_files.ts";

const TEXT = /\.(ts|md|ya?ml|json|jsonc|c|sh)$|(^|\/)(run|LICENSE)$/;
const BANNED: readonly [RegExp, string][] = [
  [/(^|[\s"'`(=])\/(work|root|home)\/\w/, "a machine's path"],
  [
    /registry\.npmjs\.org|pypi\.org|files\.pythonhosted|deb\.debian\.org/,
    "a registry host",
  ],
  [/\bfarm-(bench|studio)\b|\bduplicates --/, "a tool of the workshop"],
  [
    /\b(blazing(ly)?|revolutionary|seamless(ly)?|cutting-edge|game-chang\w+)\b/i,
    "an empty word",
  ],
];

/** The one address that a command goes to of its own accord; users change it with --index. */
function isAllowed(path: string, line: string): boolean {
  return path === "lib/engine_setup/package_index.ts" &&
    /^export const DEFAULT_INDEX = /.test(line);
}

function* projectFiles(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(join(ROOT, folder))) {
    if ([".git", "node_modules", "runs", "deno.lock"].includes(entry.name)) {
      continue;
    }
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* projectFiles(path);
    else if (TEXT.test(path)) yield path;
  }
}

Deno.test("no file speaks of the machines it was made on", () => {
  const offences: string[] = [];
  for (const path of projectFiles("")) {
    if (path === "tests/architecture/words_test.ts") continue;
    const lines = Deno.readTextFileSync(join(ROOT, path)).split("\n");
    for (const [index, line] of lines.entries()) {
      for (const [pattern, what] of BANNED) {
        if (pattern.test(line) && !isAllowed(path, line)) {
          offences.push(
            `${path}:${index + 1} holds ${what}: ${line.trim().slice(0, 80)}`,
          );
        }
      }
    }
  }
  assert.deepEqual(offences, []);
});
