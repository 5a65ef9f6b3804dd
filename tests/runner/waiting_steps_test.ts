import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder } from "../../lib/disk/folder_entries.ts";
import { comingSteps } from "../../lib/runner/ready_set.ts";
import type { StepState } from "../../lib/store/run_record.ts";
import { stepEntry } from "../../lib/worker/permission_flags.ts";
import { StepProcess } from "../../lib/worker/spawn.ts";
import { WaitingProcess } from "../../lib/worker/waiting_process.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COMMAND = {
  entry: stepEntry(ROOT, "script"),
  flags: ["--no-prompt", "--cached-only", `--config=${ROOT}deno.json`],
};

Deno.test("comingSteps() names what follows from what is under way, and from that, up to the count", () => {
  const step = (name: string, ...needs: string[]) => ({
    ...{ name, needs, key: name },
  });
  const steps = [
    step("a"),
    step("b", "a"),
    step("c", "b"),
    step("d", "c"),
    step("far", "other"),
    step("other", "late"),
    step("free"),
  ];
  const states = new Map<string, StepState>(
    steps.map(({ name }) => [name, "waiting"]),
  );
  const names = (count: number) =>
    comingSteps(steps, states, count).map(({ name }) => name);
  states.set("a", "running");
  assert.deepEqual(names(2), ["b", "c"]);
  assert.deepEqual(names(9), ["b", "c", "d", "free"]);
  states.set("a", "failed");
  assert.deepEqual(names(9), ["free"]);
});

Deno.test("a waiting process is handed over with its audit, ends with its input, and is not kept for another command", async () => {
  await withTemporaryFolder(async (folder) => {
    const audit = join(folder, "audit.jsonl");
    const waiting = WaitingProcess.start(COMMAND, folder);
    const child = await waiting.handOver(COMMAND, audit);
    assert.notEqual(child, null);
    // It is no longer the waiting process's to end.
    await waiting[Symbol.asyncDispose]();
    assert.deepEqual(names(folder), ["audit.jsonl"]);
    await child!.stdin.close();
    const { code } = await child!.output();
    assert.equal(code, 1);

    const other = WaitingProcess.start(COMMAND, folder);
    const flags = [...COMMAND.flags, "--allow-net"];
    assert.equal(await other.handOver({ ...COMMAND, flags }, audit), null);
    assert.deepEqual(names(folder), ["audit.jsonl"]);

    // Its audit cannot get there: a folder stands in the place.
    const stuck = WaitingProcess.start(COMMAND, folder);
    const taken = join(folder, "taken");
    await makeFolder(taken);
    assert.equal(await stuck.handOver(COMMAND, taken), null);
    assert.deepEqual(names(folder).sort(), ["audit.jsonl", "taken"]);
  });
});

Deno.test("a waiting process ends where the attempt that it was started for cannot begin", async () => {
  await withTemporaryFolder(async (folder) => {
    const waiting = WaitingProcess.start(COMMAND, folder);
    await assert.rejects(
      StepProcess.start({
        ...{ ...COMMAND, waiting, request: {} },
        attemptFolder: join(folder, "missing"),
        ...{ onMessage: () => {}, onText: () => {} },
      }),
      Deno.errors.NotFound,
    );
    // Nobody is left to be handed over.
    assert.equal(await waiting.handOver(COMMAND, join(folder, "audit")), null);
    assert.deepEqual(names(folder), []);
  });
});

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name);
}
