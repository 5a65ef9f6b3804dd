// The question the project was made for, at its smallest: quick.yaml on two dozen emoji, every step killed once on the way.
import assert from "node:assert/strict";
import { join } from "node:path";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { type Ended, runCli, startCli, stepPid } from "../cli/cli_process.ts";
import { digestsOf, type JsonStep } from "./small_project.ts";

const STEPS = [
  ...["emoji", "vae_warmup", "spade_on", "spade_off"],
  ...["compare", "flow", "generate"],
];

/** Tiny models and one epoch: the shape of quick.yaml in seconds. */
const OVERRIDES = [
  "model.vae_dim=8",
  "model.latent_dim=4",
  "model.rgb_dim=16",
  "model.spade_dim=4",
  "model.feature_maps_dim=8",
  "model.flow_layers=1",
  "model.flow_heads=2",
  "output.log_interval=1",
  "training.pipeline.steps.emoji.with={size: 16, heldout: 8, limit: 24}",
  "training.pipeline.defaults.batch_size=4",
  "training.pipeline.steps.vae_warmup.n_epochs=1",
  "training.pipeline.steps.flow.n_epochs=1",
  ...["vae_warmup", "spade_on", "spade_off", "flow"].map((step) => {
    const network = step === "flow" ? "flow" : "vae";
    return `training.pipeline.steps.${step}.optimization.schedulers.${network}.warmup_steps=1`;
  }),
  "training.pipeline.steps.generate.steps=2",
];

function trainArgs(runs: string): string[] {
  const changes = OVERRIDES.flatMap((change) => ["--set", change]);
  return ["train", "pipelines/quick.yaml", "--runs", runs, ...changes];
}

interface Comparison {
  readonly count: number;
  readonly verdict: { readonly outcome: string; readonly sentence: string };
  readonly differences: {
    readonly recon_l1: { readonly interval: readonly [number, number] };
  };
}

Deno.test("the SPADE question gets a verdict that follows from its interval; killed in every step, the answer is the same", async () => {
  await withTemporaryFolder(async (folder) => {
    const calm = join(folder, "calm");
    const { code, out, err } = await runCli([...trainArgs(calm), "--json"]);
    assert.deepEqual([code, STEPS], [0, stepsOf(out).map(({ name }) => name)]);
    assert.doesNotMatch(err, /\n {4}at /);
    await assertVerdict(stepsOf(out));
    const killed = join(folder, "killed");
    for (const name of STEPS) await killIn(name, killed);
    const ended = await runCli([...trainArgs(killed), "--json"]);
    assert.equal(ended.code, 0, ended.err);
    await assertSameWork(stepsOf(ended.out), stepsOf(out));
  });
});

function stepsOf(out: Ended["out"]): JsonStep[] {
  return JSON.parse(out).steps;
}

async function assertVerdict(steps: readonly JsonStep[]): Promise<void> {
  const compare = steps.find((step) => step.name === "compare")!;
  const path = join(compare.folder, "output", "compare.json");
  const report: Comparison = JSON.parse(await Deno.readTextFile(path));
  const { verdict, count } = report;
  assert.equal(count, 8);
  const [low, high] = report.differences.recon_l1.interval;
  const outcome = high < 0
    ? "better"
    : low > 0
    ? "worse"
    : "no_difference_shown";
  assert.equal(verdict.outcome, outcome);
  assert.match(verdict.sentence, / over 8 images, one seed$/);
  assert.equal(compare.text, verdict.sentence);
}

/** Kills runner and step without warning, soon after the step began. A step that is faster than that was not killed, and is finished. */
async function killIn(name: string, runs: string): Promise<void> {
  const child = startCli(trainArgs(runs));
  let isOver = false;
  const over = child.output().then(() => isOver = true);
  while (!isOver) {
    const pid = stepPid(runs, name);
    if (pid !== null && pid !== child.pid) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      for (const each of [pid, child.pid]) kill(each);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await over;
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It was faster.
  }
}

/** Weights, optimizers, averages, states and metrics of train steps; the products of all others. */
async function assertSameWork(
  found: readonly JsonStep[],
  wanted: readonly JsonStep[],
): Promise<void> {
  for (const [at, step] of wanted.entries()) {
    const [one, two] = await Promise.all(
      [found[at]!, step].map(({ task, folder }) =>
        task === "train" ? digestsOf(folder) : productsOf(folder)
      ),
    );
    assert.deepEqual(one, two, step.name);
  }
}

/** Size and digest of each file that the marker vouches for below `output/`. */
async function productsOf(folder: string): Promise<Record<string, string>> {
  const marker = JSON.parse(
    await Deno.readTextFile(join(folder, "complete.json")),
  );
  const files: { path: string; sha256: string }[] = marker.files;
  return Object.fromEntries(
    files.filter(({ path }) => path.startsWith("output/"))
      .map(({ path, sha256 }) => [path, sha256]),
  );
}
