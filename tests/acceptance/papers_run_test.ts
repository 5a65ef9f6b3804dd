// The commands of the guide and of the page for FluxFlow's users, run in their order, on less data than the papers have.
import assert from "node:assert/strict";
import { join } from "node:path";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { runCli } from "../cli/cli_process.ts";

/** What makes a shipped pipeline short; it stays the same pipeline. */
const SHORT: Readonly<Record<string, readonly string[]>> = {
  "pipelines/fluxflow/minimal.yaml": shorter(["vae", "flow"], 2),
  "pipelines/quick.yaml": [
    // Its rates rise over five updates.
    ...shorter(["vae_warmup", "spade_on", "spade_off", "flow"], 6),
    ...["compare.pictures=2", "generate.steps=2", "generate.per_prompt=1"]
      .flatMap(set),
  ],
};
/** Folders that the papers' commands make, or read after one made them. */
const MADE = ["exported", "imported", "hearts", "way"];
/** Commands that look at a folder of runs. */
const OF_RUNS = [
  "plan",
  "train",
  "status",
  "why",
  "runs",
  "report",
  "metrics",
  "export",
  "generate",
  "interpolate",
];

function set(value: string): string[] {
  return ["--set", `training.pipeline.steps.${value}`];
}

function shorter(steps: readonly string[], batches: number): string[] {
  return [
    ...set("emoji.with.limit=96"),
    ...steps.flatMap((step) => [
      ...set(`${step}.n_epochs=1`),
      ...set(`${step}.max_steps=${batches}`),
    ]),
  ];
}

/** Words of a line, quoted ones whole, with folders of the test in place of the reader's. */
function argsOf(line: string, folder: string): string[] {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) =>
    match[1] ?? match[2]!
  );
  assert.deepEqual(words.slice(0, 2), ["deno", "task"], line);
  const args = words.slice(2).map((word) =>
    MADE.includes(word) ? join(folder, word) : word
  );
  const [command = "", file = ""] = args;
  return [
    ...args,
    ...(OF_RUNS.includes(command) ? ["--runs", join(folder, "runs")] : []),
    ...(file in SHORT && command !== "status" ? SHORT[file]! : []),
  ];
}

for (const paper of ["docs/guide.md", "docs/from-fluxflow.md"]) {
  Deno.test(`every command of ${paper} runs, one after the other`, async () => {
    const blocks = [
      ...Deno.readTextFileSync(paper).matchAll(/```sh\n([^]*?)```/g),
    ].map(([, block = ""]) => block);
    const lines = blocks.join("").trim().split("\n");
    assert.ok(lines.length >= 4, paper);
    await withTemporaryFolder(async (folder) => {
      for (const line of lines) {
        const { code, err } = await runCli(argsOf(line, folder));
        assert.equal(code, 0, `${line}\n${err}`);
      }
      const trained = lines.findLast((line) => line.includes(" train "))!;
      const again = await runCli([...argsOf(trained, folder), "--json"]);
      assert.equal(JSON.parse(again.out).outcome, "nothing_to_do", again.err);
    });
  });
}
