import assert from "node:assert/strict";
import { join } from "node:path";
import type { Terminal } from "../../lib/cli/terminal.ts";
import { trainMatrix } from "../../lib/cli/train_matrix.ts";
import { loadRuns } from "../../lib/config/load_matrix.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { ROOT, SCRIPTS } from "./cli_process.ts";

Deno.test("trainMatrix() outlives SIGUSR1, which asks for checkpoints, and adds what its cells tell to output.log_file", async () => {
  await withTemporaryFolder(async (folder) => {
    const log = join(folder, "logs", "all.txt");
    const loaded = await loadRuns(`${ROOT}/${SCRIPTS}`, {
      overrides: [
        `output.log_file=${log}`,
        "training.pipeline.steps.act.with={fail: no luck, expected: true}",
        "on_failure={command: [no-such-program]}",
      ],
      added: { axes: [], seeds: 1 },
    });
    assert.ok(loaded.ok && loaded.value.kind === "matrix");
    const out: string[] = [];
    const err: string[] = [];
    let isAsked = false;
    const terminal: Terminal = {
      ...{ color: false, interactive: false, redraws: false },
      out: (text) => {
        out.push(text);
        if (isAsked || !text.startsWith("(1/1)")) return;
        // The runner listens by now; the signal ends a process that does not.
        isAsked = true;
        Deno.kill(Deno.pid, "SIGUSR1");
      },
      err: (text) => err.push(text),
      redrawn: () => assert.fail("nothing is redrawn"),
      confirm: () => false,
    };
    const options = { set: [], force: [], from: [], jobs: 1 };
    const runs = join(folder, "runs");
    const quiet = true as const;
    const { value } = loaded;
    const code = await trainMatrix(
      value,
      { ...options, runs, quiet },
      terminal,
    );
    assert.equal(code, 4);
    assert.equal(out.length, 1);
    assert.match(err.join("\n"), /the command of "on_failure"/);
    await trainMatrix(value, { ...options, runs }, terminal);
    assert.ok(isAsked);
    const written = await Deno.readTextFile(log);
    assert.match(written, /\(1\/1\) seed-7: .*numbers/);
    assert.match(written, /\(1\/1\) seed-7: failed after/);
    assert.match(written, /0 of 1 cell finished, 1 failed/);
  });
});
