import assert from "node:assert/strict";
import { parse } from "yaml";
import { runCli } from "../cli/cli_process.ts";

const FILE = "tests/fixtures/pipelines/side_by_side.yaml";

Deno.test("export --argo prints the manifest of the same graph", async () => {
  const { code, out, err } = await runCli(["export", FILE, "--argo"]);
  assert.deepEqual([code, err], [0, ""]);
  const { tasks } = parse(out).spec.templates[0].dag;
  assert.deepEqual(tasks.at(-1), {
    name: "total",
    template: "total",
    dependencies: ["left", "right", "numbers"],
  });
});

Deno.test("export wants exactly one of a step, --argo and --slurm", async () => {
  const none = await runCli(["export", FILE]);
  assert.equal(none.code, 2);
  assert.match(none.err, /neither a step nor --argo nor --slurm is named/);
  const both = await runCli(["export", FILE, "total", "--slurm"]);
  assert.equal(both.code, 2);
  assert.match(both.err, /one of a step, --argo and --slurm is wanted/);
  const homeless = await runCli(["export", FILE, "total"]);
  assert.equal(homeless.code, 2);
  assert.match(homeless.err, /Cannot export weights: --to is missing/);
});

Deno.test("train --only runs one step, and refuses one whose needs are not finished", async () => {
  const runs = await Deno.makeTempDir();
  const only = (
    step: string,
  ) => ["train", FILE, "--runs", runs, "--only", step];
  const early = await runCli(only("left"));
  assert.equal(early.code, 3, early.err);
  assert.match(early.err, /Cannot run step "left" alone: it needs "numbers"/);
  const unknown = await runCli(only("lfet"));
  assert.equal(unknown.code, 2, unknown.err);
  const first = await runCli(only("numbers"));
  assert.equal(first.code, 0, first.err);
  // Two processes at the same time, as two nodes would.
  const [left, right] = await Promise.all([
    runCli(only("left")),
    runCli([...only("right"), "--wait"]),
  ]);
  assert.deepEqual([left.code, right.code], [0, 0], left.err + right.err);
  const rest = await runCli(["train", FILE, "--runs", runs]);
  assert.match(rest.out, /1 of 4 steps to do/);
  await Deno.remove(runs, { recursive: true });
});
