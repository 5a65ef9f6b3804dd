import assert from "node:assert/strict";
import { dirname, resolve } from "node:path";
import { initCommand } from "../../lib/cli/init_command.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { ROOT, runCli } from "./cli_process.ts";

const QUIET = { out: () => {}, err: () => {}, color: false };

Deno.test("initCommand() writes a pipeline whose schema is there and which trains", async () => {
  await withTemporaryFolder(async (folder) => {
    const file = `${folder}/new/first.yaml`;
    assert.equal(await initCommand(file, {}, QUIET), 0);
    const [first = ""] = Deno.readTextFileSync(file).split("\n");
    const schema = first.replace("# yaml-language-server: $schema=", "");
    assert.equal(
      resolve(dirname(file), schema),
      `${ROOT}/pipelines/pipeline.schema.json`,
    );
    // Smaller, so that it takes seconds.
    const path = "training.pipeline.steps";
    const { code, out, err } = await runCli([
      ...["train", file, "--runs", `${folder}/runs`, "--json"],
      ...["--set", `${path}.draw.with={"size":16,"limit":16,"heldout":8}`],
      ...["--set", `${path}.vae.n_epochs=1`],
      ...["--set", `${path}.vae.optimization.schedulers.vae.warmup_steps=0`],
    ]);
    assert.equal(code, 0, err);
    assert.deepEqual(
      JSON.parse(out).steps.map((
        step: { name: string; state: string },
      ) => [step.name, step.state]),
      [["draw", "done"], ["vae", "done"], ["score", "done"]],
    );
  });
});

Deno.test("initCommand() overwrites nothing", async () => {
  await withTemporaryFolder(async (folder) => {
    const file = `${folder}/mine.yaml`;
    Deno.writeTextFileSync(file, "mine");
    await assert.rejects(initCommand(file, {}, QUIET), {
      message: `Cannot write "${file}": it exists`,
    });
    assert.equal(Deno.readTextFileSync(file), "mine");
  });
});

Deno.test("initCommand() refuses what is no name of a pipeline", async () => {
  await assert.rejects(initCommand("first.txt", {}, QUIET), {
    message: 'Cannot write "first.txt": it must end in ".yaml"',
  });
  await assert.rejects(initCommand("my first.yaml", {}, QUIET), {
    message: /it holds " "/,
  });
});
