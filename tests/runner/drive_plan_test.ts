import assert from "node:assert/strict";
import type { Plan, PlannedStep } from "../../lib/plan/plan.ts";
import { drivePlan } from "../../lib/runner/drive_plan.ts";
import type { DrivenExecutor, StepTicket } from "../../lib/runner/executor.ts";
import type { RunJournal } from "../../lib/runner/run_journal.ts";
import { blankStep } from "../../lib/runner/run_summary.ts";
import { StepGate } from "../../lib/runner/step_gate.ts";
import { StopControl } from "../../lib/runner/stop_control.ts";
import type { StepState } from "../../lib/store/run_record.ts";

const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"];
const JOBS = 3;

/** How many steps an executor is told to get ready for at most. */
async function mostExpected(gate: StepGate | null): Promise<number> {
  const steps = NAMES.map((name) => ({
    ...{ name, key: name, needs: [], cursor: null },
    request: { folder: name },
  })) as unknown as PlannedStep[];
  let most = 0;
  const executor: DrivenExecutor = {
    prepare: () => Promise.resolve(),
    fits: () => true,
    expect: (coming) => most = Math.max(most, coming.length),
    submit: (taken) =>
      Promise.resolve(
        taken.map((step) => ({ step, place: null, isNew: true })),
      ),
    watch: () => Promise.resolve(),
    cancel: () => Promise.resolve(),
    collect: ({ step }: StepTicket) => Promise.resolve(blankStep(step, "done")),
  };
  const states = new Map<string, StepState>(
    NAMES.map((name) => [name, "waiting"]),
  );
  const journal = { record: () => Promise.resolve() };
  await drivePlan({ steps } as unknown as Plan, {
    ...{ executor, jobs: JOBS, stop: new StopControl(), observe: () => {} },
    ...{ states, ended: new Map(), gate },
    journal: journal as unknown as RunJournal,
  });
  assert.ok([...states.values()].every((state) => state === "done"));
  return most;
}

Deno.test("drivePlan() has one step more than there are places made ready, and no more for each of the runs that share them", async () => {
  assert.equal(await mostExpected(null), JOBS + 1);
  assert.equal(await mostExpected(new StepGate(JOBS)), 2);
});

Deno.test("StepGate.enter() leaves nothing behind on the signal of those who waited", async () => {
  const gate = new StepGate(1);
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    listeners++;
    add(...given);
  };
  signal.removeEventListener = (...given: Parameters<typeof remove>) => {
    listeners--;
    remove(...given);
  };
  const step = (key: string) => ({ key }) as unknown as PlannedStep;
  const first = await gate.enter(step("a"), signal);
  const second = gate.enter(step("b"), signal);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(listeners, 1);
  first?.[Symbol.dispose]();
  assert.notEqual(await second, null);
  assert.equal(listeners, 0);
});
