import assert from "node:assert/strict";
import { join } from "node:path";
import { planPipeline } from "../../lib/plan/plan.ts";
import { planToJson } from "../../lib/plan/plan_json.ts";
import { totals } from "../../lib/plan/action_totals.ts";
import { renderPlan } from "../../lib/plan/render_plan.ts";
import { formatBytes } from "../../lib/disk/byte_count.ts";
import { counted, textTable } from "../../lib/plan/text_table.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { writeFiles } from "../store/stored_step.ts";
import {
  builtPipeline,
  dataset,
  scriptStep,
  trainStep,
} from "./built_pipeline.ts";

async function planned(
  body: (
    plan: Awaited<ReturnType<typeof planPipeline>>,
    folder: string,
  ) => void,
) {
  await withTemporaryFolder(async (folder) => {
    await writeFiles(folder, { "task.ts": "export const task = 1;" });
    const pipeline = builtPipeline([
      scriptStep("emoji", join(folder, "task.ts")),
      trainStep("vae", {
        description: "Compressor and expander,\nSPADE off",
        needs: ["emoji"],
        trains: ["expander"],
        frozen: ["compressor"],
        transition_on: {
          mode: "loss_threshold",
          metric: "recon_l1",
          threshold: 0.1,
          max_epochs: 9,
          window: 20,
          direction: "below",
        },
      }),
    ], { icons: dataset({ from: "emoji" }) });
    body(
      await planPipeline(pipeline, { runsDir: join(folder, "runs") }),
      folder,
    );
  });
}

Deno.test("renderPlan() shows graph, steps, training, data, permissions and totals", async () => {
  await planned((plan, folder) => {
    const [emoji, vae] = plan.steps.map((step) => step.folder);
    const [emojiKey, vaeKey] = plan.steps.map((step) => step.key);
    const text = renderPlan({ ...plan, freeBytes: 84.4e9 }, { color: false });
    assert.equal(
      text,
      `Plan of p.yaml
mode: pipeline
run: p   seed: 0   engine: auto, chosen at the first start   folder: ${folder}/runs

Graph
  emoji
  └─ vae

Steps
  run     emoji  script  ${emojiKey}  first time
  wait    vae    train   ${vaeKey}  waits for emoji
          Compressor and expander,
          SPADE off

Training
  step  kinds            epochs  batch  trains    frozen      starts from
  vae   VAE (SPADE off)  9       2      expander  compressor  fresh weights
  total epochs: at most 9

  step  network  optimizer                                 lr scheduler
  vae   vae      AdamW lr=0.0001 betas=0.9,0.999 eps=1e-8  ConstantLR factor=1
  vae ends when the mean of 20 recon_l1 is below 0.1, or after 9 epochs

Data
  vae  icons  made by emoji

Permissions
  emoji
    read   ${plan.steps[0]?.permissions.read.join("\n           ")}
    write  ${emoji}
    none   net, env, ffi, sys, run
  vae
    read   ${plan.steps[1]?.permissions.read.join("\n           ")}
    write  ${vae}
    none   net, env, ffi, sys, run

Total: 2 steps: 1 to run, 1 waiting
Checkpoints to write: at most 7.1 MB stay, 10.4 MB at once
Free disk space: 84.4 GB`,
    );
    const unknown = renderPlan({ ...plan, freeBytes: null }, { color: false });
    assert.match(
      unknown,
      /Free disk space: not known \(needs --allow-sys=statfs\)$/,
    );
  });
});

Deno.test("renderPlan() writes colour codes only when asked", async () => {
  await planned((plan) => {
    const colored = renderPlan(plan, { color: true });
    assert.ok(colored.includes("\u001b[33mrun   \u001b[0m  emoji"));
    const plain = colored.split("\u001b").map((part) =>
      part.replace(/^\[\d+m/, "")
    ).join("");
    assert.equal(plain, renderPlan(plan, { color: false }));
  });
});

Deno.test("planToJson() holds what the text shows, as plain JSON", async () => {
  await planned((plan) => {
    const json = planToJson(plan);
    assert.deepEqual(JSON.parse(JSON.stringify(json)), json);
    assert.deepEqual(Object.keys(json).slice(0, 3), [
      "pipeline",
      "run",
      "mode",
    ]);
    assert.deepEqual(json["totals"], {
      steps: 2,
      run: 1,
      resume: 0,
      reuse: 0,
      wait: 1,
    });
    const [emoji, vae] = json["steps"] as Record<string, unknown>[];
    assert.deepEqual(Object.keys(emoji ?? {}).slice(0, 6), [
      "name",
      "task",
      "needs",
      "key",
      "action",
      "reason",
    ]);
    assert.deepEqual(vae?.["trains"], ["expander"]);
    assert.deepEqual(vae?.["frozen"], ["compressor"]);
    assert.equal(vae?.["epochs"], 9);
    const permissions = emoji?.["permissions"] as Record<string, string[]>;
    for (const kind of ["net", "env", "ffi", "sys", "run"]) {
      assert.deepEqual(permissions[kind], []);
    }
  });
});

Deno.test("totals() says when nothing is left to do", () => {
  assert.equal(
    totals([{ action: "reuse" }]),
    "1 step: 1 reused; nothing is left to do",
  );
  assert.equal(
    totals([{ action: "resume" }, { action: "reuse" }, { action: "run" }, {
      action: "wait",
    }]),
    "4 steps: 1 to run, 1 to resume, 1 waiting, 1 reused",
  );
});

Deno.test("textTable(), counted() and formatBytes() draw for people", () => {
  assert.deepEqual(textTable([["a", "bb"], ["ccc", ""]], " "), [
    " a    bb",
    " ccc",
  ]);
  assert.deepEqual([counted(1, "step"), counted(0, "step")], [
    "1 step",
    "0 steps",
  ]);
  const counts = [0, 999, 1000, 84_463_968_256, 999_600];
  assert.deepEqual(counts.map((bytes) => formatBytes(bytes)), [
    "0 bytes",
    "999 bytes",
    "1.0 kB",
    "84.5 GB",
    "1.0 MB",
  ]);
});
