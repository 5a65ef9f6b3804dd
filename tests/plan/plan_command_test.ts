import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { writeFiles } from "../store/stored_step.ts";

const GOOD = `name: good
training:
  pipeline:
    datasets: { icons: { type: local, from: emoji, image_folder: train, captions_file: train.tsv } }
    default_dataset: icons
    steps:
      - { name: emoji, task: script, uses: tasks/emoji.ts, needs: [] }
      - { name: vae, needs: [emoji], n_epochs: 2, lr: 1e-3, train_vae: true }
`;

const PROJECT = {
  "pipelines/good.yaml": GOOD,
  "pipelines/tasks/emoji.ts": "export const task = 1;",
};

async function runMain(
  folder: string,
  permissions: readonly string[],
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const main = join(root, "tests", "plan", "plan_main.ts");
  const output = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      "--cached-only",
      "--config",
      join(root, "deno.json"),
      ...permissions,
      main,
      ...args,
    ],
    cwd: folder,
  }).output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    out: decoder.decode(output.stdout),
    err: decoder.decode(output.stderr),
  };
}

Deno.test("planCommand() gives the same plan with -R=. as with every permission, and writes nothing", async () => {
  await withTemporaryFolder(async (folder) => {
    await writeFiles(folder, PROJECT);
    const all = await runMain(folder, ["-A"], "plan", "pipelines/good.yaml");
    const few = await runMain(folder, ["-R=."], "plan", "pipelines/good.yaml");
    assert.deepEqual([all.code, all.err, few.code, few.err], [0, "", 0, ""]);
    const withoutSpace = (text: string) =>
      text.replace(/Free disk space: .*/, "");
    assert.equal(withoutSpace(few.out), withoutSpace(all.out));
    assert.match(
      few.out,
      /^Plan of pipelines\/good\.yaml\nmode: pipeline\nrun: good {3}seed: 0/,
    );
    assert.match(
      few.out,
      /Total: 2 steps: 1 to run, 1 waiting\nCheckpoints to write: at most .+ stay, .+ at once\nFree disk space: not known/,
    );
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), [
      "pipelines",
    ]);
  });
});

Deno.test("planCommand() prints one object for one file, else a list in which a bad file hides none", async () => {
  await withTemporaryFolder(async (folder) => {
    await writeFiles(folder, PROJECT);
    const one = await runMain(
      folder,
      ["-R=."],
      "plan",
      "pipelines/good.yaml",
      "--json",
    );
    const json = JSON.parse(one.out);
    assert.deepEqual([json.run, json.mode, json.steps.length], [
      "good",
      "pipeline",
      2,
    ]);
    await writeFiles(folder, {
      "pipelines/bad.yaml":
        "training: { pipeline: { steps: [] } }\nnonsense: 1\n",
      "pipelines/other.yaml": "a: 1\n",
    });
    const all = await runMain(folder, ["-R=."], "plan", "--json");
    assert.equal(all.code, 3);
    assert.match(all.err, /nonsense/);
    const list = JSON.parse(all.out);
    assert.deepEqual(list.map((plan: { pipeline: string }) => plan.pipeline), [
      "pipelines/bad.yaml",
      "pipelines/good.yaml",
    ]);
    assert.deepEqual(list[1], json);
    assert.ok(list[0].error.diagnostics.length > 0);
    const missing = await runMain(folder, ["-R=."], "plan", "none.yaml");
    assert.deepEqual([missing.code, missing.out], [3, ""]);
    assert.match(missing.err, /^error: .*none\.yaml/);
  });
});

Deno.test("planCommand() prints the resolved pipeline as YAML that plans the same, and as values", async () => {
  await withTemporaryFolder(async (folder) => {
    await writeFiles(folder, PROJECT);
    const file = "pipelines/good.yaml";
    const yaml = await runMain(folder, ["-R=."], "plan", file, "--resolved");
    assert.deepEqual([yaml.code, yaml.err], [0, ""]);
    assert.match(
      yaml.out,
      /^# pipelines\/good\.yaml, resolved: .*\nname: good +# pipelines\/good\.yaml:1:7\n/,
    );
    const data = await runMain(
      folder,
      ["-R=."],
      ...["plan", file, "--resolved", "--json"],
    );
    const { pipeline, values } = JSON.parse(data.out);
    assert.equal(pipeline, file);
    assert.deepEqual(
      values.find((value: { path: string }) =>
        value.path === "training.pipeline.steps.vae.n_epochs"
      ),
      {
        path: "training.pipeline.steps.vae.n_epochs",
        value: 2,
        origin: `${file}:8:48`,
      },
    );
    await writeFiles(folder, { "pipelines/resolved.yaml": yaml.out });
    const [first, again] = await Promise.all(
      [file, "pipelines/resolved.yaml"].map(async (one) => {
        const planned = await runMain(folder, ["-R=."], "plan", one, "--json");
        return JSON.parse(planned.out).steps;
      }),
    );
    assert.deepEqual(again, first);
  });
});

Deno.test("statusCommand() works with -R=. before any run", async () => {
  await withTemporaryFolder(async (folder) => {
    await writeFiles(folder, PROJECT);
    const none = await runMain(folder, ["-R=."], "status");
    assert.deepEqual(none, {
      code: 0,
      out: 'No run has started in "runs"\n',
      err: "",
    });
    const file = await runMain(
      folder,
      ["-R=."],
      "status",
      "pipelines/good.yaml",
    );
    assert.deepEqual(file, {
      code: 0,
      out: "Run good has not started\n",
      err: "",
    });
    const json = await runMain(folder, ["-R=."], "status", "--json");
    assert.deepEqual(json, { code: 0, out: "[]\n", err: "" });
  });
});
