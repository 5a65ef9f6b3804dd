import assert from "node:assert/strict";
import { runBounded } from "../../lib/notify/bounded_process.ts";

Deno.test("runBounded() waits for nothing that left the process group with its output open", async () => {
  const start = performance.now();
  const { code, out } = await runBounded("sh", {
    // A service that a hook starts, as a machine has them: it outlives the shell and keeps what that printed to.
    args: ["-c", "echo begun; setsid sleep 6 & exit 0"],
    timeoutMs: 400,
    env: {},
  });
  assert.deepEqual([code, out], [0, "begun\n"]);
  assert.ok(performance.now() - start < 5000);
});
