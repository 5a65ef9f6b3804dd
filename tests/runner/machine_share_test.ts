import assert from "node:assert/strict";
import type { PlannedStep } from "../../lib/plan/plan.ts";
import { MachineShare } from "../../lib/runner/machine_share.ts";
import type { StepResources } from "../../lib/catalog/executor_options.ts";

const NONE: StepResources = {
  cpus: null,
  memory: null,
  gpus: null,
  time: null,
};
const SIZE = {
  cpus: 4,
  memoryBytes: 8 * 2 ** 30,
  gpus: 2,
  cores: [2, 3, 6, 7],
};

/** A step as far as sharing looks at it. */
function step(name: string, resources: Partial<StepResources>): PlannedStep {
  return {
    name,
    step: { resources: { ...NONE, ...resources } },
  } as unknown as PlannedStep;
}

Deno.test("MachineShare.fits() adds up cores, memory and GPUs", () => {
  const share = new MachineShare(SIZE);
  const three = step("a", { cpus: 3 });
  assert.equal(share.fits([three, step("b", { cpus: 1 })]), true);
  assert.equal(share.fits([three, step("b", { cpus: 2 })]), false);
  const large = step("c", { memory: "6G" });
  assert.equal(share.fits([large, step("d", { memory: "2G" })]), true);
  assert.equal(share.fits([large, step("d", { memory: "2.5G" })]), false);
  assert.equal(share.fits([step("e", { gpus: 2 }), step("f", {})]), true);
  assert.equal(
    share.fits([step("e", { gpus: 2 }), step("f", { gpus: 1 })]),
    false,
  );
});

Deno.test("MachineShare.take() gives cores and GPUs to one step at a time", () => {
  const share = new MachineShare(SIZE);
  const a = step("a", { cpus: 2, gpus: 1, memory: "512M", time: "2m" });
  const b = step("b", { cpus: 2, gpus: 1 });
  assert.deepEqual(share.take(a), {
    cores: [2, 3],
    gpus: [0],
    memoryBytes: 512 * 2 ** 20,
    timeMs: 120_000,
  });
  assert.deepEqual(share.take(b).cores, [6, 7]);
  share.giveBack(a);
  assert.deepEqual(share.take(step("c", { cpus: 1, gpus: 1 })), {
    cores: [2],
    gpus: [0],
    memoryBytes: null,
    timeMs: null,
  });
});

Deno.test("MachineShare.take() leaves a step alone that asks for nothing", () => {
  const share = new MachineShare(SIZE);
  assert.deepEqual(share.take(step("a", {})), {
    cores: null,
    gpus: null,
    memoryBytes: null,
    timeMs: null,
  });
});

Deno.test("MachineShare.refuseTooLarge() names every step that can never run", () => {
  const share = new MachineShare(SIZE);
  assert.throws(
    () =>
      share.refuseTooLarge([
        step("wide", { cpus: 5 }),
        step("small", { cpus: 4, gpus: 2, memory: "8G" }),
        step("large", { memory: "1T" }),
      ]),
    {
      exitCode: 3,
      message:
        'Cannot run here: step "wide" asks for 5 cpus, there are 4; step "large" asks for 1.1 TB of memory, there are 8.6 GB',
    },
  );
});
