// Any file under runs/ is flipped, cut or deleted: every check finds it, no plan shows a stack, and the run ends with the same bytes.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { Failure } from "../../lib/error/failure.ts";
import { planPipeline } from "../../lib/plan/plan.ts";
import { RandomStream } from "../../lib/random/random_stream.ts";
import { verifyStore } from "../../lib/upkeep/verify_store.ts";
import { CrashProject, outcomeOf } from "../crash/crash_project.ts";
import {
  copyOfRuns,
  filesOf,
  harm,
  HARMS,
  keptAside,
  mustBeFound,
} from "./damaged_runs.ts";

/** Two train steps, the second of which keeps a checkpoint to fall back to. */
const STEPS: readonly string[] = [
  "{ name: vae_warmup, train_vae: true, n_epochs: 1 }",
  "{ name: words, task: script, uses: count_words.ts }",
  "{ name: vae_spade, needs: [vae_warmup, words], train_vae: true, train_spade: true, n_epochs: 1, checkpoint: { keep_last: 2 } }",
];

/** The second train step is killed between two of its saves. */
const CUT_AT = "step vae_spade:75";

/** Rows behind the last checkpoint are cut when the step goes on; nothing vouches for its pictures before it ends. */
const UNFINISHED = /^cut\/store\/vae_spade-[^/]*\/(metrics\.jsonl$|samples\/)/;

let shared: { project: CrashProject; calm: Record<string, string> } | undefined;

async function open(): Promise<NonNullable<typeof shared>> {
  if (shared !== undefined) return shared;
  const project = await CrashProject.open(STEPS);
  const trace = project.path("cut.trace");
  const cut = await project.train("cut", { at: CUT_AT, event: "kill", trace });
  assert.equal(cut.code, 4, cut.err);
  assert.equal((await project.train("calm")).code, 0);
  const calm = await outcomeOf(project.path("calm"));
  return shared = { project, calm };
}

Deno.test.afterAll(async () => await shared?.project[Symbol.asyncDispose]());

/** How many things a check of everything finds. */
async function findingsOf(runs: string): Promise<string[]> {
  const { runs: records, steps } = await verifyStore(runs, undefined);
  return [...records, ...steps].flatMap(({ findings }) =>
    findings.map(({ place, reason }) => {
      // Whoever shows it names the place in front.
      assert.ok(!reason.includes(`"${place}"`), `${place}: ${reason}`);
      return `${place}: ${reason}`;
    })
  );
}

for (const runs of ["calm", "cut"]) {
  Deno.test(`verify finds every harm to every file of a run that is ${runs}, and plan ends in words`, async () => {
    const { project } = await open();
    const folder = project.path(runs);
    const pipeline = await project.pipeline();
    assert.deepEqual(await findingsOf(folder), []);
    const random = RandomStream.of(7, `damage.${runs}`);
    let found = 0;
    for (const path of filesOf(folder)) {
      for (const kind of HARMS) {
        const whole = join(folder, path);
        if (Deno.statSync(whole).size === 0) continue;
        const at = random.uniform();
        const hidden = random.uniform() < 0.5;
        const undo = await harm(whole, kind, at, hidden);
        const findings = await findingsOf(folder);
        const what = `${kind} ${path} at ${at}`;
        const isFound = mustBeFound(path, kind) &&
          !UNFINISHED.test(`${runs}/${path}`);
        if (isFound) assert.ok(findings.length > 0, what);
        if (findings.length > 0) found++;
        try {
          const plan = await planPipeline(pipeline, { runsDir: folder });
          const isSeen = kind !== "flipped" || !hidden;
          const step = plan.steps.find((one) => whole.startsWith(one.folder));
          const counts = mustBeFound(path, kind) ||
            path.endsWith("/complete.json");
          if (isSeen && step !== undefined && counts && runs === "calm") {
            assert.notEqual(step.action, "reuse", what);
          }
        } catch (error) {
          assert.ok(error instanceof Failure, `${what}: ${error}`);
        }
        await undo();
      }
    }
    assert.ok(found > 60, `only ${found} harms were found`);
    assert.deepEqual(await findingsOf(folder), []);
  });
}

for (
  const { what, of, choose, kind } of [
    {
      what: "weights that a pending step starts from, unseen by size and time",
      of: "cut",
      choose: /vae_warmup-.*\/weights\.safetensors$/,
      kind: "flipped",
    },
    {
      what: "the newest checkpoint of an unfinished step",
      of: "cut",
      choose: /vae_spade-.*\/optimizer\.safetensors$/,
      kind: "truncated",
    },
    {
      what: "the metrics of a finished step",
      of: "calm",
      choose: /vae_spade-.*\/metrics\.jsonl$/,
      kind: "truncated",
    },
  ] as const
) {
  Deno.test(`train goes on past damage to ${what}, says so, keeps it aside and ends with the same bytes`, async () => {
    const { project, calm } = await open();
    const runs = `${of}-${crypto.randomUUID()}`;
    await copyOfRuns(project.path(of), project.path(runs));
    const path = filesOf(project.path(runs)).filter((one) => choose.test(one))
      .at(-1)!;
    await harm(project.path(runs, path), kind, 0.6, true);
    const again = await project.train(runs);
    assert.deepEqual([again.code, again.err], [0, ""]);
    assert.match(again.out, /aside|falls back/);
    assert.deepEqual(await outcomeOf(project.path(runs)), calm);
    assert.deepEqual(await findingsOf(project.path(runs)), []);
    const kept = keptAside(project.path(runs));
    assert.equal(kept.length, 1, `${dirname(path)}: ${kept.join(", ")}`);
  });
}
