// deno task test [PATH...]: the test files, in as many processes side by side as there are cores, and one more for those that wait. The last line has the counts.
import { join } from "node:path";
import process from "node:process";
import { stripVTControlCharacters } from "node:util";

/** Folders whose files take longest; they are started first, so that no core is left with one of them at the end. */
const SLOW_FOLDERS: readonly string[] = [
  "slurm",
  "acceptance",
  "cli",
  "exchange",
  "upkeep",
  "schedule",
  "engines",
  "crash",
  "long",
  "conformance",
  "train",
];
/** Folders whose tests wait, for a cluster or a clock, more than they compute: they have a lane beside those of the cores. */
const WAITING_FOLDERS: readonly string[] = ["slurm", "schedule"];
/** Test files of one process: few enough to share the work out, many enough to be worth the start. */
const SLOW_SHARE = 2;
const SHARE = 12;

/** Files of one process. */
interface Share {
  readonly folder: string;
  readonly files: readonly string[];
}

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
}

async function testFiles(path: string): Promise<string[]> {
  if ((await Deno.stat(path)).isFile) return [path];
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    const inner = join(path, name);
    if (isDirectory) found.push(...await testFiles(inner));
    else if (name.endsWith("_test.ts")) found.push(inner);
  }
  return found.toSorted();
}

function sharesOf(files: readonly string[]): Share[] {
  const byFolder = Map.groupBy(files, (file) => file.split("/")[1] ?? "");
  const shares = [...byFolder].flatMap(([folder, own]) => {
    const size = SLOW_FOLDERS.includes(folder) ? SLOW_SHARE : SHARE;
    return Array.from(
      { length: Math.ceil(own.length / size) },
      (_, k) => ({ folder, files: own.slice(k * size, (k + 1) * size) }),
    );
  });
  const rank = ({ folder }: Share) => {
    const place = SLOW_FOLDERS.indexOf(folder);
    return place < 0 ? SLOW_FOLDERS.length : place;
  };
  return shares.toSorted((a, b) => rank(a) - rank(b));
}

/** Runs one share and shows what it printed when it has ended. */
async function runShare({ files }: Share): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--no-check", ...files],
  }).output();
  await Deno.stdout.write(stdout);
  await Deno.stderr.write(stderr);
  const plain = stripVTControlCharacters(new TextDecoder().decode(stdout));
  const last = [
    ...plain.matchAll(
      /(\d+) passed[^|\n]*\| (\d+) failed(?:[^|\n]*\| (\d+) ignored)?/g,
    ),
  ].at(-1);
  const [passed, failed, ignored] = [1, 2, 3].map((k) =>
    Number(last?.[k] ?? 0)
  ) as [number, number, number];
  // A process that died has no counts, or counts without the failure.
  const isCounted = last !== undefined && (code === 0 || failed > 0);
  return {
    passed,
    failed: isCounted ? failed : failed + 1,
    ignored,
  };
}

const started = performance.now();
const paths = Deno.args.length > 0 ? Deno.args : ["tests"];
const queue = sharesOf((await Promise.all(paths.map(testFiles))).flat());
const failures: string[] = [];
const total = { passed: 0, failed: 0, ignored: 0 };

/** Takes the first share that the lane is for; a lane of a core takes the others too when there are no more of these. */
function nextShare(isWaiting: boolean): Share | undefined {
  const at = queue.findIndex(({ folder }) =>
    WAITING_FOLDERS.includes(folder) === isWaiting
  );
  if (at >= 0) return queue.splice(at, 1)[0];
  return isWaiting ? undefined : queue.shift();
}

async function work(isWaiting: boolean): Promise<void> {
  for (
    let share = nextShare(isWaiting);
    share !== undefined;
    share = nextShare(isWaiting)
  ) {
    const { passed, failed, ignored } = await runShare(share);
    total.passed += passed;
    total.failed += failed;
    total.ignored += ignored;
    if (failed > 0) failures.push(...share.files);
  }
}

const cores = Math.max(1, navigator.hardwareConcurrency);
await Promise.all([
  work(true),
  ...Array.from({ length: cores }, () => work(false)),
]);
if (failures.length > 0) {
  console.log(`Failures are among:\n  ${failures.join("\n  ")}`);
}
const seconds = Math.round((performance.now() - started) / 1000);
console.log(
  `${
    failures.length > 0 ? "FAILED" : "ok"
  } | ${total.passed} passed | ${total.failed} failed | ${total.ignored} ignored (${seconds} s)`,
);
process.exitCode = failures.length > 0 ? 1 : 0;
