// `why` on a real project: each kind of change with its origin, the files of changed data, and what a task read undeclared.
import assert from "node:assert/strict";
import { pictureBytes } from "../data/picture_folder.ts";
import { CrashProject } from "../crash/crash_project.ts";
import { runCli } from "./cli_process.ts";

const TASK = `import { defineTask } from "MOD";
export const task = defineTask(async () => {
  await Deno.readTextFile("/etc/hostname").catch(() => {});
  return { metrics: { words: 1 } };
});
`;

Deno.test("why tells a changed option, view, picture, module and input from each other, and names files and undeclared reads", async () => {
  await using project = await CrashProject.open([
    "{ name: peek, task: script, uses: peek.ts }",
    "{ name: vae, needs: [peek], train_vae: true, n_epochs: 1 }",
  ]);
  const library = new URL("../../mod.ts", import.meta.url).pathname;
  const task = project.path("peek.ts");
  await Deno.writeTextFile(task, TASK.replace("MOD", library));
  const trained = await project.train("runs");
  assert.equal(trained.code, 0, trained.err);

  const file = project.path("crash.yaml");
  const text = await Deno.readTextFile(file);
  await Deno.writeTextFile(
    file,
    text.replace("lr: 0.002", "lr: 0.004")
      .replace(
        "captions_file: pictures.tsv",
        "captions_file: pictures.tsv, flip: true",
      ),
  );
  const line = text.split("\n").findIndex((one) => one.includes("lr: 0.002")) +
    1;
  await Deno.writeFile(
    project.path("pictures", "1.png"),
    pictureBytes(250, 4, 4),
  );
  await Deno.remove(project.path("pictures", "4.png"));
  await Deno.writeFile(
    project.path("pictures", "5.png"),
    pictureBytes(9, 4, 4),
  );
  const captions = await Deno.readTextFile(project.path("pictures.tsv"));
  await Deno.writeTextFile(
    project.path("pictures.tsv"),
    captions.replace("4.png", "5.png"),
  );
  await Deno.writeTextFile(
    task,
    TASK.replace("MOD", library).replace("words: 1", "words: 2"),
  );
  const why = async (step: string) => {
    const args = ["why", step, "crash.yaml", "--runs", "runs", "--json"];
    const { code, out, err } = await runCli(args, { cwd: project.root });
    assert.deepEqual([code, err], [0, ""]);
    return JSON.parse(out);
  };
  const vae = await why("vae");
  const changes = new Map<
    string,
    { old: unknown; new: unknown; origin: string }
  >(
    vae.changes.map((one: { key: string }) => [one.key, one]),
  );
  assert.deepEqual([...changes.keys()], [
    "datasets.train.fingerprint",
    "datasets.train.flip",
    "needs.after.0",
    "options.optimization.optimizers.vae.lr",
  ]);
  const at = (key: string) => changes.get(key)!;
  const rate = at("options.optimization.optimizers.vae.lr");
  assert.deepEqual([rate.old, rate.new], [0.002, 0.004]);
  assert.match(rate.origin, new RegExp(`^crash\\.yaml:${line}:\\d+$`));
  const flip = at("datasets.train.flip");
  assert.deepEqual([flip.old, flip.new], [false, true]);
  assert.match(flip.origin, /^crash\.yaml:\d+:\d+$/);
  assert.equal(
    at("datasets.train.fingerprint").origin,
    `content of ${project.path("pictures")}`,
  );
  assert.equal(at("needs.after.0").origin, "the work of a step that it needs");
  assert.deepEqual(vae.data, [{
    dataset: "squares",
    files: {
      changed: ["1.png", "captions file"],
      added: ["5.png"],
      removed: ["4.png"],
    },
  }]);
  const peek = await why("peek");
  assert.deepEqual(
    peek.changes.map((
      { key, origin }: Record<string, string>,
    ) => [key, origin]),
    [["code.files.peek.ts", `content of ${task}`]],
  );
  assert.deepEqual(peek.undeclared, ["/etc/hostname"]);
});
