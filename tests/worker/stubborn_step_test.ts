// How a step's process is ended: its whole group is asked with SIGTERM, and killed where it is still there after the grace period.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { StepProcess } from "../../lib/worker/spawn.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

const GRACE_MS = 500;

/** Stops such a step; how it ended, after how long, and whether it and what it started are still there. */
async function stopped(request: { readonly obeys: boolean }) {
  let found = { signal: "" as string | null, ms: 0, left: [-1] };
  await withTemporaryFolder(async (folder) => {
    const started = Promise.withResolvers<number>();
    const child = await StepProcess.start({
      entry: fileURLToPath(new URL("stubborn_main.ts", import.meta.url)),
      flags: ["--no-prompt", "--allow-run"],
      request,
      attemptFolder: folder,
      onMessage: () => {},
      onText: (text) => {
        const pid = /^child (\d+)$/.exec(text)?.[1];
        if (pid !== undefined) started.resolve(Number(pid));
      },
    });
    const pids = [child.pid, await started.promise];
    const startMs = performance.now();
    child.stop(GRACE_MS);
    const end = await child.ended;
    const ms = performance.now() - startMs;
    assert.ok(end.kind === "died");
    const goneBy = performance.now() + 2000;
    while (pids.some(isAlive) && performance.now() < goneBy) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    found = { signal: end.signal, ms, left: pids.filter(isAlive) };
  });
  return found;
}

function isAlive(pid: number): boolean {
  try {
    const state = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1];
    // A killed one that nobody has waited for yet is gone all the same.
    return state !== undefined && !state.startsWith("Z");
  } catch {
    return false;
  }
}

Deno.test({
  name:
    "StepProcess.stop() kills a step that stays at SIGTERM after the grace period, with all that it started",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { signal, ms, left } = await stopped({ obeys: false });
    assert.equal(signal, "SIGKILL");
    assert.ok(ms >= GRACE_MS, `${ms} ms`);
    assert.deepEqual(left, []);
  },
});

Deno.test({
  name:
    "StepProcess.stop() leaves nothing of what a step started where the step itself leaves in time",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { signal, left } = await stopped({ obeys: true });
    assert.equal(signal, null);
    assert.deepEqual(left, []);
  },
});
