// A runner whose host was taken for dead: another one has the lease of its step by now, and two must not write there.
import assert from "node:assert/strict";
import { join } from "node:path";
import { load, run } from "../../mod.ts";
import { statOrNull } from "../../lib/disk/present_entries.ts";
import { readEvents } from "../../lib/store/run_record.ts";
import { stepPaths, storeLayout } from "../../lib/store/store_layout.ts";
import { ROOT, stepPid, until } from "../cli/cli_process.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

/** Its step works for longer than the test, whatever it is asked. */
const PIPELINE = `name: long
seed: 1
training:
  pipeline:
    steps:
      - { name: act, task: script, uses: ${ROOT}/tests/fixtures/pipelines/tasks/act.ts, with: { ticks: 2000, stubborn: true } }
`;

Deno.test("run() ends its step at once when another host has taken the step's lease, and finishes nothing", async () => {
  await withTemporaryFolder(async (folder) => {
    const runsDir = join(folder, "runs");
    const { store } = storeLayout(runsDir);
    await Deno.mkdir(store, { recursive: true });
    await Deno.writeTextFile(
      join(store, "shared.json"),
      JSON.stringify({ version: 1, beatMs: 100, deadMs: 10_000 }),
    );
    const file = join(folder, "long.yaml");
    await Deno.writeTextFile(file, PIPELINE);
    const running = run(await load(file), { runsDir });
    let pid: number | null = null;
    await until(() => {
      pid = stepPid(runsDir, "act");
      // This process holds the lock for a moment before the step's own does.
      return pid !== null && pid !== Deno.pid;
    }, "the step");
    const [name = ""] = [...Deno.readDirSync(store)].map((one) => one.name)
      .filter((one) => /^act-[0-9a-f]+$/.test(one));
    const { runnerLock, marker } = stepPaths(join(store, name));
    const since = new Date().toISOString();
    const words = JSON.stringify({
      ...{ host: "other", bootId: null, pid: 1, since, at: since },
      ...{ beat: 0, isReleased: false },
    });
    await Deno.writeTextFile(`${runnerLock}.lease-2`, words);

    const { steps } = await running;
    assert.deepEqual(steps.map(({ state }) => state), ["stopped"]);
    assert.equal(statOrNull(`/proc/${pid}`), null, "its process is gone");
    assert.equal(statOrNull(marker), null);
    const kinds = (await readEvents(runsDir, "long")).map(({ kind }) => kind);
    assert.ok(kinds.includes("step_stopped"), kinds.join(" "));
    // What the other host wrote is as it was.
    assert.equal(await Deno.readTextFile(`${runnerLock}.lease-2`), words);
  });
});
