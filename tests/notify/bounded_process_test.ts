import assert from "node:assert/strict";
import { runBounded } from "../../lib/notify/bounded_process.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

Deno.test("runBounded() waits for nothing that left the process group with its output open", async () => {
  await withTemporaryFolder(async (folder) => {
    const ended = `${folder}/ended`;
    const { code, out } = await runBounded("sh", {
      // A service that a hook starts, as a machine has them: it outlives the shell and keeps what that printed to.
      args: [
        "-c",
        `setsid sh -c 'sleep 60; touch "${ended}"' & echo $!; exit 0`,
      ],
      timeoutMs: 1000,
      env: {},
    });
    assert.equal(code, 0);
    await assert.rejects(Deno.stat(ended), Deno.errors.NotFound);
    Deno.kill(-Number(out), "SIGKILL");
  });
});
