// Every pipeline file that cannot run, through `validate` at once: exit code 3, each error with its place and remedy, no stack.
import assert from "node:assert/strict";
import { SmallProject } from "./small_project.ts";

const DATA =
  "data: { data_path: train, captions_file: train.tsv }\ntraining:\n  lr: 1e-3\n  pipeline:\n    steps:\n";
const VAE = "n_epochs: 1, train_vae: true";

function steps(...lines: readonly string[]): string {
  return DATA + lines.map((line) => `      - { ${line} }\n`).join("");
}

/** Text of each bad file, with what is said about it. */
const FILES: Readonly<Record<string, readonly [string, RegExp]>> = {
  "empty.yaml": ["", /empty/],
  "list.yaml": ["- a\n- b\n", /list/],
  "syntax.yaml": ["training: { pipeline: [\n", /syntax|flow|expected|]/i],
  "unknown_key.yaml": [
    steps(`name: a, ${VAE}, batch_sise: 4`),
    /unknown key "batch_sise".*did you mean "batch_size"/s,
  ],
  "cycle.yaml": [
    steps(`name: a, ${VAE}, needs: [b]`, `name: b, ${VAE}, needs: [a]`),
    /a.*b.*a/,
  ],
  "twice.yaml": [steps(`name: a, ${VAE}`, `name: a, ${VAE}`), /"a"/],
  "frozen.yaml": [
    steps(`name: a, ${VAE}, freeze: [expander]`),
    /Cannot freeze "expander" in step "a"/,
  ],
  "idle_optimizer.yaml": [
    steps(
      `name: a, ${VAE}, optimization: { optimizers: { vae: { type: AdamW, lr: 1 }, flow: { type: AdamW, lr: 1 } } }`,
    ),
    /"flow"/,
  ],
  "no_metric.yaml": [
    steps(
      `name: a, ${VAE}, transition_on: { mode: loss_threshold, threshold: 1, max_epochs: 1 }`,
    ),
    /the transition "loss_threshold" names no metric/,
  ],
  "no_folder.yaml": [
    steps(`name: a, ${VAE}`).replace("data_path: train", "data_path: trian"),
    /Cannot find the pictures of the data section "trian": there is no such folder/,
  ],
};

Deno.test("validate refuses every bad file with 3, a place and a remedy, and one does not hide the others", async () => {
  await using project = await SmallProject.open(
    "{ name: a, task: script, uses: small.yaml }",
  );
  for (const [file, [text]] of Object.entries(FILES)) {
    await project.write(file, text);
  }
  const names = [...Object.keys(FILES), "missing.yaml"];
  const { code, err } = await project.run("validate", ...names);
  assert.equal(code, 3);
  assert.doesNotMatch(err, /\n {4}at /);
  const said = err.split(/^(?=error: )/m);
  for (const [file, [, expected]] of Object.entries(FILES)) {
    const own = said.filter((part) =>
      part.includes(`${file}:`) || part.includes(`"${file}"`)
    );
    assert.ok(own.length > 0, `nothing is said about ${file}:\n${err}`);
    assert.match(own[0]!, expected);
    assert.match(
      own[0]!,
      /\nhint: \S|, did you mean "/,
      `no remedy for ${file}: ${own[0]}`,
    );
  }
  assert.match(
    err,
    /error: Cannot read "missing\.yaml": there is no such file\nhint: /,
  );
});

Deno.test("train refuses a bad file with 3 before it writes anything", async () => {
  await using project = await SmallProject.open("{ name: a, train_vae: true }");
  const { code, out, err } = await project.train();
  assert.deepEqual([code, out], [3, ""]);
  assert.match(err, /^error: .*"n_epochs"/);
  await assert.rejects(Deno.stat(project.path("runs")), Deno.errors.NotFound);
});
