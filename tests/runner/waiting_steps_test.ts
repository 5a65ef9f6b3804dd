import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { comingSteps } from "../../lib/runner/ready_set.ts";
import type { StepState } from "../../lib/store/run_record.ts";
import { stepEntry } from "../../lib/worker/permission_flags.ts";
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
  });
});

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name);
}
