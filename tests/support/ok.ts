// deno task ok: formatting, lint, types, documentation, words and every test; the last line counts what passed and failed.
// With --samples, as CI runs it, also bounded samples of the slow proofs.

interface Check {
  readonly name: string;
  readonly args: readonly string[];
}

const CHECKS: readonly Check[] = [
  { name: "fmt", args: ["fmt", "--check", "--quiet"] },
  { name: "lint", args: ["lint", "--quiet"] },
  {
    name: "check",
    args: ["check", "--quiet", "cli.ts", "mod.ts", "lib", "tests", "pipelines"],
  },
  { name: "doc", args: ["doc", "--lint", "--quiet", "mod.ts"] },
  {
    name: "words",
    args: [
      "test",
      "--allow-all",
      "--no-check",
      "--quiet",
      "tests/architecture/words_test.ts",
    ],
  },
];
const TESTS: Check = {
  name: "test",
  args: ["run", "--quiet", "--allow-all", "tests/support/all_tests.ts"],
};
/** Bounded samples of proofs that take long in full. */
const SAMPLES: readonly Check[] = [
  {
    name: "a sample of deno task test:crash",
    args: ["task", "--quiet", "test:crash", "--sample", "12", "--seed", "7"],
  },
  {
    name: "a sample of deno task test:kill",
    args: ["task", "--quiet", "test:kill", "--times", "6", "--seed", "7"],
  },
  {
    name: "five of deno task test:breakages, by the date",
    args: ["task", "--quiet", "test:breakages", "--sample", "5"],
  },
];

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs one check and shows its output as it comes. */
async function run(
  check: Check,
): Promise<{ success: boolean; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...check.args],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const parts: string[] = [];
  const show = async (stream: ReadableStream<Uint8Array>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      parts.push(text);
      await Deno.stdout.write(new TextEncoder().encode(text));
    }
  };
  const [{ success }] = await Promise.all([
    child.status,
    show(child.stdout),
    show(child.stderr),
  ]);
  return { success, output: parts.join("") };
}

/** Counts of deno's own closing line. */
function countsOf(output: string): Counts | null {
  const last = [
    ...output.matchAll(
      /(\d+) passed[^|\n]*\| (\d+) failed(?:[^|\n]*\| (\d+) ignored)?/g,
    ),
  ].at(-1);
  return last === undefined ? null : {
    passed: Number(last[1]),
    failed: Number(last[2]),
    skipped: Number(last[3] ?? 0),
  };
}

const total: Counts = { passed: 0, failed: 0, skipped: 0 };

/** Counts one check by name. */
function tally(name: string, isOk: boolean): void {
  console.log(`${name}: ${isOk ? "ok" : "FAILED"}`);
  if (isOk) total.passed++;
  else total.failed++;
}

for (const check of CHECKS) tally(check.name, (await run(check)).success);

const tests = await run(TESTS);
const counts = countsOf(tests.output);
if (counts === null || (!tests.success && counts.failed === 0)) total.failed++;
if (counts !== null) {
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}

if (Deno.args.includes("--samples")) {
  const runs = await Deno.makeTempDir();
  const train: Check = {
    name: "quick pipeline",
    args: ["task", "train", "pipelines/quick.yaml", "--runs", runs],
  };
  const first = await run(train);
  tally("pipelines/quick.yaml runs to its end", first.success);
  const second = await run(train);
  const isIdle = second.success && second.output.includes("Nothing left to do");
  tally("and has nothing left to do then", isIdle);
  await Deno.remove(runs, { recursive: true });
  for (const check of SAMPLES) tally(check.name, (await run(check)).success);
}

if (total.skipped > 0) console.log(`${total.skipped} skipped`);
console.log(`${total.passed} passed, ${total.failed} failed`);
Deno.exit(total.failed > 0 ? 1 : 0);
