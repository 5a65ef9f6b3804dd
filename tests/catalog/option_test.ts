import assert from "node:assert/strict";
import * as v from "valibot";
import { closedMap, option, wholeNumber } from "../../lib/catalog/option.ts";
import {
  OPTIMIZER_OPTIONS,
  OPTIMIZERS,
} from "../../lib/catalog/optimizer_options.ts";
import {
  SCHEDULER_OPTIONS,
  SCHEDULERS,
} from "../../lib/catalog/scheduler_options.ts";
import { BODY_VERSIONS } from "../../lib/catalog/body_versions.ts";
import { TASKS } from "../../lib/catalog/step_options.ts";
import { componentOf } from "../../lib/catalog/component.ts";

Deno.test("closedMap() reports every unknown key, with the known ones", () => {
  const schema = closedMap({
    a: option(wholeNumber({ min: 1 }), 3, "A number"),
  });
  assert.deepEqual(v.parse(schema, {}), { a: 3 });
  const { issues = [] } = v.safeParse(schema, { a: 0, b: 1, c: 2 });
  assert.deepEqual(
    issues.map((
      { type, requirement, path },
    ) => [type, requirement, path?.[0]?.key]),
    [
      ["min_value", 1, "a"],
      ["strict_object", ["a"], "b"],
      ["strict_object", ["a"], "c"],
    ],
  );
  assert.equal(v.safeParse(schema, 3).success, false);
});

Deno.test("every optimizer and scheduler can be named by its type alone, and refuses unknown options", () => {
  for (const type of Object.keys(OPTIMIZERS)) {
    assert.equal(v.parse(OPTIMIZER_OPTIONS, { type }).type, type);
    assert.equal(
      v.safeParse(OPTIMIZER_OPTIONS, { type, learning: 1 }).success,
      false,
    );
  }
  for (const type of Object.keys(SCHEDULERS)) {
    const needed = type === "MultiStepLR" ? { milestones: [1] } : {};
    assert.equal(v.parse(SCHEDULER_OPTIONS, { type, ...needed }).type, type);
    assert.equal(
      v.safeParse(SCHEDULER_OPTIONS, { type, ...needed, speed: 1 }).success,
      false,
    );
  }
  assert.equal(v.parse(OPTIMIZER_OPTIONS, {}).type, "AdamW");
  assert.equal(v.parse(SCHEDULER_OPTIONS, {}).type, "CosineAnnealingLR");
});

Deno.test("schedulers have the defaults of FluxFlow's factory, not those of its parser", () => {
  assert.deepEqual(
    v.parse(SCHEDULERS.ExponentialLR, { type: "ExponentialLR" }).gamma,
    0.95,
  );
  assert.deepEqual(
    v.parse(SCHEDULERS.ConstantLR, { type: "ConstantLR" }).factor,
    1,
  );
});

Deno.test("every task has a body version, and components answer to FluxFlow's names", () => {
  assert.deepEqual(
    Object.keys(BODY_VERSIONS).toSorted(),
    [...TASKS].toSorted(),
  );
  assert.deepEqual(["flow", "D_img", "expander", "vae"].map(componentOf), [
    "flow_processor",
    "discriminator",
    "expander",
    undefined,
  ]);
});
