// SC3: every key of a FluxFlow file, written: what the run is made of changes, or the key is refused or told of with the reason.
import assert from "node:assert/strict";
import * as v from "valibot";
import { parse } from "yaml";
import { modelOptionsFrom } from "../../lib/blueprint/section_options.ts";
import type {
  Pipeline,
  SchedulerEntry,
  Step,
} from "../../lib/catalog/pipeline.ts";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { lrScheduler } from "../../lib/lr_schedulers/lr_scheduler.ts";
import {
  discriminatorLossesOf,
  transitionOf,
  vaeLossesOf,
} from "../../lib/steps/train_options.ts";
import { ORIGINAL_KEYS } from "./original_keys.ts";

const TABLE = v.parse(
  v.strictObject({
    bases: v.record(v.string(), v.unknown()),
    keys: v.array(v.strictObject({
      key: v.string(),
      base: v.string(),
      value: v.unknown(),
      effect: v.optional(v.literal(true)),
      accepted: v.optional(v.literal(true)),
      refused: v.optional(v.string()),
      told: v.optional(v.string()),
      tested_in: v.optional(v.string()),
      files: v.optional(v.record(v.string(), v.string()), {}),
    })),
  }),
  parse(Deno.readTextFileSync("tests/fixtures/fluxflow_keys.yaml")),
);
const UPDATES = 12;

/** Rates of the first updates, under a loss that soon gets no better. */
function ratesOf(entry: SchedulerEntry): number[] {
  const scheduler = lrScheduler(entry, { baseLr: 1, totalSteps: UPDATES });
  let state = scheduler.start();
  return Array.from({ length: UPDATES }, (_, k) => {
    const rate = scheduler.lr(state);
    // Falls a little at first, which a threshold may take for no progress.
    state = scheduler.next(state, 1 - Math.min(k, 3) * 1e-3);
    return rate;
  });
}

/** What the process of a step reads of it: the options of its trainers, and the rest by name. */
function madeOf(step: Step): unknown {
  if (step.task !== "train") return step;
  const { optimizers, schedulers } = step.optimization;
  return {
    ...{ name: step.name, description: step.description },
    ...{ dataset: step.dataset, batch_size: step.batch_size },
    ...{ max_steps: step.max_steps, workers: step.workers },
    ...{ trains: step.trains, frozen: step.frozen, ema: step.use_ema },
    ...{ checkpoint: step.checkpoint, components: step.components },
    dropout: step.cfg_dropout_prob,
    clipping: step.initial_clipping_norm,
    lpips: step.lpips_weights,
    transition: transitionOf(step),
    vae: vaeLossesOf(step, null),
    lambda_lpips: step.use_lpips ? step.lambda_lpips : 0,
    discriminator: discriminatorLossesOf(step),
    optimizers,
    rates: Object.values(schedulers).map((entry) => ratesOf(entry)),
  };
}

function runOf({ model, data, output, datasets, steps }: Pipeline): unknown {
  const { pretrained_bert_model } = model;
  return JSON.parse(JSON.stringify({
    model: { ...modelOptionsFrom(model), pretrained_bert_model },
    ...{ data, output, datasets },
    steps: steps.map(madeOf),
  }));
}

type Loaded =
  | { readonly kind: "refused"; readonly errors: readonly string[] }
  | {
    readonly kind: "run";
    readonly run: unknown;
    readonly told: readonly string[];
  };

async function load(
  file: unknown,
  files: Readonly<Record<string, string>>,
): Promise<Loaded> {
  const loaded = await loadPipeline("p.yaml", {
    checkPaths: false,
    readText: (path) =>
      Promise.resolve(files[path.split("/").at(-1)!] ?? JSON.stringify(file)),
  });
  const messages = (loaded.ok ? loaded.warnings : loaded.diagnostics)
    .map(({ message }) => message);
  return loaded.ok
    ? { kind: "run", run: runOf(loaded.value), told: messages }
    : { kind: "refused", errors: messages };
}

/** A copy of the file with one more value; `*` and steps are the first of their kind. */
function withValue(file: unknown, path: readonly string[], value: unknown) {
  const copy = structuredClone(file);
  let at = copy as Record<string, unknown>;
  for (const name of path.slice(0, -1)) {
    at[name] ??= {};
    at = at[name] as Record<string, unknown>;
    if (Array.isArray(at)) at = at[0];
  }
  at[path.at(-1)!] = value;
  return copy;
}

/** A name of the user's is one of a dataset or of a network here. */
function pathOf(key: string): string[] {
  const parts = key.split(".");
  const name = parts.includes("datasets") ? "pics" : "vae";
  return parts.map((part) => part === "*" ? name : part);
}

Deno.test("SC3: every key of a FluxFlow file is written here once, and no other", () => {
  assert.deepEqual(
    TABLE.keys.map(({ key }) => key).toSorted(),
    Object.keys(ORIGINAL_KEYS).toSorted(),
  );
});

Deno.test("SC3: every key of a FluxFlow file takes effect, asks for what is done anyway, or is refused or told of with the reason", async (t) => {
  for (const row of TABLE.keys) {
    await t.step(row.key, async () => {
      const { key, value, files } = row;
      const base = TABLE.bases[row.base];
      const plain = await load(base, files);
      assert(plain.kind === "run", JSON.stringify(plain));
      const found = await load(withValue(base, pathOf(key), value), files);
      if (row.refused !== undefined) {
        assert(found.kind === "refused", key);
        assert.equal(found.errors.length, 1, found.errors.join("\n"));
        assert.match(found.errors[0]!, new RegExp(row.refused));
        return;
      }
      assert(found.kind === "run", JSON.stringify(found));
      const told = found.told.filter((one) => !plain.told.includes(one));
      const isIdle = told.some((one) => one.includes("no effect"));
      assert.equal(isIdle, row.told !== undefined, told.join("\n"));
      if (row.told !== undefined) {
        assert.match(told.join("\n"), new RegExp(row.told));
      } else if (row.effect) assert.notDeepEqual(found.run, plain.run);
      else if (row.accepted) assert.deepEqual(found.run, plain.run);
      else assert.ok(Deno.statSync(row.tested_in!).isFile);
    });
  }
});
