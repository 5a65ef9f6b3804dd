// deno task test:breakages: makes each mistake of the list in a copy of the repository and runs the test that must notice it; the
// same test must pass without the mistake. --sample N takes so many, chosen by the date; --name TEXT those whose name holds it.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { formatDuration } from "../../lib/clock/duration.ts";
import { Permutation } from "../../lib/random/permutation.ts";
import { ROOT } from "../cli/cli_process.ts";
import { type Breakage, broken, type NamedTest } from "./breakage.ts";
import { BREAKAGES } from "./breakages.ts";

const DAY_MS = 86_400_000;
/** A mistake may make a test wait for what never comes. */
const LIMIT_MS = 300_000;

const { values } = parseArgs({
  args: Deno.args,
  options: { sample: { type: "string" }, name: { type: "string" } },
});

const start = performance.now();
const chosen = chosenBreakages();
if (chosen.length === 0) throw new RangeError("no mistake was chosen");
const copy = await Deno.makeTempDir({ prefix: "fluxline-breakages-" });
let green = 0;
try {
  await copyFolder(ROOT, copy);
  const sound = new Map<string, Promise<TestEnd>>();
  for (const breakage of chosen) {
    const { test } = breakage;
    const id = `${test.file}: ${test.name}`;
    sound.set(id, sound.get(id) ?? runTest(test));
    const before = await sound.get(id)!;
    const path = join(copy, breakage.file);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, broken(text, breakage));
    const after = await runTest(test);
    await Deno.writeTextFile(path, text);
    const isNoticed = before === "passed" && after === "failed";
    if (!isNoticed) green++;
    console.log(
      `${isNoticed ? "noticed" : "NOT NOTICED"}: ${breakage.name}${
        isNoticed ? "" : ` (${id}: ${before} without it, ${after} with it)`
      }`,
    );
  }
} finally {
  await Deno.remove(copy, { recursive: true });
}
console.log(
  `${chosen.length} of ${BREAKAGES.length} mistakes, ${green} not noticed, ${
    formatDuration(performance.now() - start)
  }`,
);
Deno.exitCode = green === 0 ? 0 : 1;

function chosenBreakages(): Breakage[] {
  const { name, sample } = values;
  const named = BREAKAGES.filter((one) => one.name.includes(name ?? ""));
  if (sample === undefined) return named;
  const today = Math.floor(Date.now() / DAY_MS);
  const order = Permutation.of(named.length, today, 0);
  const count = Math.min(Number(sample), named.length);
  return Array.from({ length: count }, (_, at) => named[order.at(at)]!);
}

/** The folder without what runs and tools have made. */
async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if ([".git", "node_modules", "runs"].includes(name)) continue;
    const [source, target] = [join(from, name), join(to, name)];
    if (isDirectory) await copyFolder(source, target);
    else await Deno.copyFile(source, target);
  }
}

type TestEnd = "passed" | "failed" | "no such test" | "no end";

async function runTest({ file, name }: NamedTest): Promise<TestEnd> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "--allow-all", "--no-check", "--quiet"],
      ...["--filter", name, file],
    ],
    cwd: copy,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  const { code, stdout, signal } = await child.output();
  clearTimeout(timer);
  if (signal !== null) return "no end";
  const out = new TextDecoder().decode(stdout);
  if (code === 0) {
    return /\b[1-9]\d* passed/.test(out) ? "passed" : "no such test";
  }
  return out.includes(`${name} ...`) ? "failed" : "no such test";
}
