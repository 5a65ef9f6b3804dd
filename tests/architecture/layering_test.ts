// The two laws: imports point down, and the parent process never loads tensors.
import assert from "node:assert/strict";
import { filesUnder, importsOf, productFiles } from "./source_files.ts";

/** Folders of lib/ by level: a file imports from its own folder and from lower levels only. */
const LEVELS: readonly (readonly string[])[] = [
  ["error", "random", "clock", "json"],
  ["source", "disk", "format", "lr_schedulers"],
  ["metrics", "catalog", "tensor", "hub", "engine_setup"],
  ["blueprint", "shards"],
  ["exchange"],
  [
    "config",
    "store",
    "worker",
    "engines",
    "nn",
    "losses",
    "optim",
    "data",
    "evaluation",
  ],
  ["plan", "history", "matrix", "models", "checkpoint"],
  [
    "argo",
    "notify",
    "report",
    "schedule",
    "slurm",
    "train",
    "sampling",
    "upkeep",
  ],
  ["runner", "steps", "dashboard"],
  ["cli"],
];

/** Folders that hold tensors: the learning tower. */
const LEARNING = [
  "tensor",
  "engines",
  "nn",
  "losses",
  "optim",
  "models",
  "train",
  "sampling",
  "steps",
];

/** npm packages that only some folders may name. */
const RESERVED_PACKAGES: readonly {
  readonly prefix: string;
  readonly folders: readonly string[];
}[] = [
  { prefix: "@tensorflow/", folders: ["tensor", "engines"] },
  { prefix: "yaml", folders: ["config"] },
  { prefix: "commander", folders: ["cli"] },
  { prefix: "cli-progress", folders: ["cli"] },
];

function folderOf(path: string): string {
  const parts = path.split("/");
  return parts[0] === "lib" ? parts[1]! : parts[0]!;
}

function levelOf(folder: string): number {
  const level = LEVELS.findIndex((folders) => folders.includes(folder));
  assert.notEqual(
    level,
    -1,
    `lib/${folder} has no level: give it one in this test`,
  );
  return level;
}

Deno.test("imports of lib/ point down", () => {
  const offences: string[] = [];
  for (const path of filesUnder("lib", [".ts"])) {
    const folder = folderOf(path);
    for (const { path: target } of importsOf(path)) {
      if (target === null) continue;
      if (!target.startsWith("lib/")) {
        offences.push(`${path} imports ${target}, which is above lib/`);
      } else if (
        folderOf(target) !== folder &&
        levelOf(folderOf(target)) >= levelOf(folder)
      ) {
        offences.push(`${path} (level ${levelOf(folder)}) imports ${target}`);
      }
    }
  }
  assert.deepEqual(offences, []);
});

Deno.test("no import names a file that is not there", () => {
  const known = new Set(productFiles());
  const missing = productFiles().flatMap((path) =>
    importsOf(path).filter((one) =>
      one.path !== null && one.path.endsWith(".ts") && !known.has(one.path)
    )
      .map((one) => `${path} imports ${one.path}`)
  );
  assert.deepEqual(missing, []);
});

for (const entry of ["cli.ts", "mod.ts"]) {
  Deno.test(`nothing that ${entry} reaches loads tensors`, () => {
    const seen = new Set<string>();
    const waiting = [entry];
    while (waiting.length > 0) {
      const path = waiting.pop()!;
      if (seen.has(path)) continue;
      seen.add(path);
      for (const one of importsOf(path)) {
        assert.ok(
          !one.specifier.startsWith("@tensorflow/"),
          `${path} imports ${one.specifier}`,
        );
        if (one.path === null || one.isTypeOnly || !one.path.endsWith(".ts")) {
          continue;
        }
        assert.ok(
          !LEARNING.includes(folderOf(one.path)),
          `${path} imports ${one.path}`,
        );
        waiting.push(one.path);
      }
    }
    assert.ok(
      seen.size > 20,
      `only ${seen.size} files are reached: the scan is broken`,
    );
  });
}

Deno.test("packages are imported where they belong, and none from JSR or an address", () => {
  const offences: string[] = [];
  for (const path of productFiles()) {
    for (const { specifier, path: local } of importsOf(path)) {
      if (local !== null) continue;
      if (/^(jsr|https?|npm):/.test(specifier)) {
        offences.push(`${path} imports ${specifier}`);
      }
      const rule = RESERVED_PACKAGES.find(({ prefix }) => {
        return prefix.endsWith("/")
          ? specifier.startsWith(prefix)
          : specifier === prefix;
      });
      if (rule !== undefined && !rule.folders.includes(folderOf(path))) {
        offences.push(`${path} imports ${specifier}`);
      }
    }
  }
  assert.deepEqual(offences, []);
});
