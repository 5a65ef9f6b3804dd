// A few of the disturbances that `deno task test:crash` tries at every operation, and the layer's account against strace's.
import assert from "node:assert/strict";
import { basename, resolve } from "node:path";
import type { TracedOperation } from "../../lib/disk/disk_test.ts";
import { type OutsideProgram, testWith } from "../support/outside_program.ts";
import { ROOT } from "../cli/cli_process.ts";
import { CrashProject } from "./crash_project.ts";
import {
  type CalmRun,
  countsOf,
  everyCase,
  readTrace,
  runCalm,
  sampleOf,
  tryCase,
} from "./disk_sweep.ts";

const STRACE: OutsideProgram = {
  name: "strace",
  how: "apt-get install strace, and leave to trace processes",
  probe: ["strace", "-o", "/dev/null", "true"],
};
const SAMPLE = { count: 2, seed: 11 };

let shared: { project: CrashProject; calm: CalmRun } | undefined;

async function calmRun(): Promise<{ project: CrashProject; calm: CalmRun }> {
  if (shared === undefined) {
    const project = await CrashProject.open();
    shared = { project, calm: await runCalm(project) };
  }
  return shared;
}

Deno.test.afterAll(async () => await shared?.project[Symbol.asyncDispose]());

Deno.test("a run that the disk disturbs ends with the bytes of an undisturbed one", async () => {
  const { project, calm } = await calmRun();
  const cases = everyCase(calm.operations);
  assert.ok(cases.length > 1500, `only ${cases.length} cases`);
  for (const one of sampleOf(cases, SAMPLE.count, SAMPLE.seed)) {
    const wrong = await tryCase(project, calm, one);
    assert.equal(wrong, null, `${one.event} at ${one.at}: ${wrong}`);
  }
});

Deno.test("the event file of a step is there before its marker", async () => {
  const { calm } = await calmRun();
  const markers = calm.operations.flatMap(({ kind, to }, place) =>
    kind === "rename" && to?.endsWith("/complete.json") ? [place] : []
  );
  assert.equal(markers.length, 2);
  for (const place of markers) {
    const events = calm.operations[place]!.to!.replace(
      "complete.json",
      "tensorboard/events.out.tfevents.",
    );
    const before = calm.operations.slice(0, place);
    assert.ok(before.some(({ to }) => to?.startsWith(events)), events);
  }
});

testWith(
  STRACE,
  "strace sees the syncs, renames and links that the layer counted, and the same points again",
  async () => {
    const { project, calm } = await calmRun();
    const trace = project.path("traced.trace");
    const seen = await straced(project, trace);
    const counted = readTrace(trace);
    assert.deepEqual(countsOf(counted), countsOf(calm.operations));
    assert.deepEqual(inEachProcess(counted), inEachProcess(calm.operations));
    const layer = counted
      .filter(({ kind }) => ["sync", "rename", "link"].includes(kind))
      .map(({ kind, path, to }) =>
        `${kind} ${resolve(project.root, path)}${
          to === null ? "" : ` ${resolve(project.root, to)}`
        }`
      );
    assert.ok(layer.length > 150, `only ${layer.length} syncs and renames`);
    assert.ok(layer.some((line) => line.startsWith("link ")), "no link");
    assert.deepEqual(seen.toSorted(), layer.toSorted());
    refuseEarlyMarkers(project, seen);
  },
);

/** The points of each process in their order: the runner keeps the event file while the step works on. */
function inEachProcess(
  operations: readonly TracedOperation[],
): Record<string, string[]> {
  const points: Record<string, string[]> = {};
  for (const { point, kind } of operations) {
    const process = point.slice(0, point.lastIndexOf(":"));
    (points[process] ??= []).push(`${point} ${kind}`);
  }
  return points;
}

/** Syncs, renames and links in the runs folder, in order, as strace tells them of all processes. */
async function straced(
  project: CrashProject,
  trace: string,
): Promise<string[]> {
  const log = project.path("strace.log");
  const test = JSON.stringify({ at: null, event: "kill", trace });
  const calls = "fsync,fdatasync,syncfs,rename,renameat,renameat2,link,linkat";
  const { code, stderr } = await new Deno.Command("strace", {
    args: [
      ...["-f", "--seccomp-bpf", "-y", "-s", "4096", "-o", log],
      ...["-e", `trace=${calls}`, Deno.execPath(), "run", "--quiet", "-A"],
      ...[`${ROOT}/cli.ts`, "train", "crash.yaml", "--runs", "traced"],
      ...["--disk-test", test],
    ],
    cwd: project.root,
    stdout: "null",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const inRuns = (path: string) => path.startsWith(project.root);
  return Deno.readTextFileSync(log).split("\n").flatMap((line) => {
    const sync = /\bf(?:data)?sync\(\d+<([^>]*)>/.exec(line);
    if (sync !== null) return inRuns(sync[1]!) ? [`sync ${sync[1]}`] : [];
    const named = /\b(rename|link)\w*\(.*?"([^"]*)",.*?"([^"]*)"/.exec(line);
    if (named === null) return [];
    const [from, to] = [named[2]!, named[3]!].map((path) =>
      path.startsWith("/") ? path : project.path(path)
    ) as [string, string];
    return inRuns(to) ? [`${named[1]} ${from} ${to}`] : [];
  });
}

/** Whatever a marker vouches for was synced under its name before the marker appeared, and the marker's folder after it. */
function refuseEarlyMarkers(
  project: CrashProject,
  seen: readonly string[],
): void {
  let markers = 0;
  for (const [index, line] of seen.entries()) {
    const to = /^rename \S+ (\S+\/complete\.json)$/.exec(line)?.[1];
    if (to === undefined) continue;
    markers++;
    const folder = to.slice(0, -"/complete.json".length);
    const before = new Set(seen.slice(0, index));
    const { files } = JSON.parse(Deno.readTextFileSync(to));
    for (const { path } of files as { path: string }[]) {
      assert.ok(before.has(`sync ${folder}/${path}`), `${path} is not synced`);
    }
    assert.equal(seen[index + 1], `sync ${folder}`, basename(folder));
  }
  assert.equal(markers, 2, project.root);
}
