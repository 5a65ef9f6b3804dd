// House style that a machine can check: sizes, names, words and marks.
import assert from "node:assert/strict";
import { basename } from "node:path";
import { filesUnder, importsOf, productFiles, textOf } from "./source_files.ts";

const LONGEST_FILE = 300;
const GENERATED = ["lib/engines/kernels/kernels_binary.ts"];
const BANNED_NAMES = [
  "util",
  "utils",
  "common",
  "helper",
  "helpers",
  "misc",
  "manager",
  "handler",
  "service",
  "base",
  "data",
  "info",
  "types",
];

Deno.test(`no source file is longer than ${LONGEST_FILE} lines`, () => {
  const long = [...productFiles(), ...filesUnder("tests", [".ts"])]
    .filter((path) => !GENERATED.includes(path))
    .map((path) => ({ path, lines: textOf(path).split("\n").length - 1 }))
    .filter(({ lines }) => lines > LONGEST_FILE);
  assert.deepEqual(long, []);
});

Deno.test("file names are snake_case and say what they hold", () => {
  const offences = [...productFiles(), ...filesUnder("tests", [".ts"])].filter(
    (path) => {
      const name = basename(path, ".ts");
      return !/^[a-z0-9_]+$/.test(name) || BANNED_NAMES.includes(name);
    },
  );
  assert.deepEqual(offences, []);
});

Deno.test("every file opens with a comment that says what it is", () => {
  assert.deepEqual(
    productFiles().filter((path) => !/^(\/\/|\/\*\*)/.test(textOf(path))),
    [],
  );
});

Deno.test("no `any`, no default export, no console outside the terminal, no unfinished-work mark", () => {
  const offences: string[] = [];
  for (const path of productFiles()) {
    const text = textOf(path);
    const isTerminal = path === "lib/cli/terminal.ts";
    const rules: readonly [RegExp, string][] = [
      [/(:|<|\bas)\s*any\b/, "any"],
      [/^export default\b/m, "a default export"],
      [/\b(TODO|FIXME|XXX|HACK)\b/, "an unfinished-work mark"],
      [/@ts-ignore|@ts-nocheck|@ts-expect-error/, "a silenced type error"],
      ...(isTerminal
        ? []
        : [[/\bconsole\.\w+\(/, "console"] as [RegExp, string]]),
    ];
    for (const [pattern, what] of rules) {
      if (pattern.test(text)) offences.push(`${path} has ${what}`);
    }
  }
  assert.deepEqual(offences, []);
});

Deno.test("every module of lib/ is reached from an entry or a test-only list", () => {
  const entries = [
    "cli.ts",
    "mod.ts",
    "lib/steps/worker_main.ts",
    "lib/steps/script_main.ts",
    "lib/data/decoding_thread_main.ts",
    "lib/engines/kernels/build.ts",
    "lib/engines/probe_main.ts",
    "lib/notify/webhook_main.ts",
    "lib/steps/engine_trial.ts",
    "lib/steps/measure_main.ts",
  ];
  const seen = new Set<string>();
  const waiting = [...entries];
  while (waiting.length > 0) {
    const path = waiting.pop()!;
    if (seen.has(path)) continue;
    seen.add(path);
    for (const one of importsOf(path)) {
      if (one.path?.endsWith(".ts")) waiting.push(one.path);
    }
  }
  assert.deepEqual(
    filesUnder("lib", [".ts"]).filter((path) => !seen.has(path)),
    [],
  );
});
