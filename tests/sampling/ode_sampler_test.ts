// Solvers against distributions whose velocity is known in closed form.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import { diffusionSchedule } from "../../lib/losses/diffusion_schedule.ts";
import { noiseCourse } from "../../lib/sampling/noise_course.ts";
import {
  sampleLatent,
  type SolverName,
  type VelocityModel,
} from "../../lib/sampling/ode_sampler.ts";
import { tf } from "../../lib/tensor/tf.ts";

await startEngine("wasm");
const SCHEDULE = diffusionSchedule("linear");

function goOn(): Promise<boolean> {
  return Promise.resolve(true);
}

/** Data N(0, deviation^2): both expectations are linear in x. */
function gaussianVelocity(deviation: number): VelocityModel {
  return (latent, time) => {
    const signal = SCHEDULE.signal[time]!, noise = SCHEDULE.noise[time]!;
    const variance = signal ** 2 * deviation ** 2 + noise ** 2;
    const factor = signal * noise / variance -
      noise * signal * deviation ** 2 / variance;
    return tf.mul(latent, factor);
  };
}

/** What the exact flow makes of `start` for such data. */
function exactEnd(start: number, deviation: number): number {
  const signal = SCHEDULE.signal[999]!, noise = SCHEDULE.noise[999]!;
  return start * deviation /
    Math.sqrt(signal ** 2 * deviation ** 2 + noise ** 2);
}

async function sampleOne(
  solver: SolverName,
  steps: number,
  velocity: VelocityModel,
): Promise<number> {
  const start = tf.tensor3d([1.5], [1, 1, 1]);
  const end = await sampleLatent({
    solver,
    start,
    course: noiseCourse(SCHEDULE, steps),
    velocity,
    onStep: goOn,
  });
  const [value] = await end!.data();
  tf.dispose([start, end!]);
  return value!;
}

Deno.test("noiseCourse() starts at the noisiest time and strides evenly down", () => {
  assert.deepEqual(noiseCourse(SCHEDULE, 4).map((point) => point.time), [
    999,
    749,
    499,
    249,
  ]);
  assert.throws(() => noiseCourse(SCHEDULE, 0), RangeError);
  assert.throws(() => noiseCourse(SCHEDULE, 1001), RangeError);
});

Deno.test("sampleLatent() finds data that is one point, with both solvers", async () => {
  const point = 0.7;
  const velocity: VelocityModel = (latent, time) => {
    const signal = SCHEDULE.signal[time]!, noise = SCHEDULE.noise[time]!;
    const guess = tf.div(tf.sub(latent, signal * point), noise);
    return tf.sub(tf.mul(guess, signal), noise * point);
  };
  for (const solver of ["euler", "dpm++"] as const) {
    const end = await sampleOne(solver, 7, velocity);
    assert.ok(Math.abs(end - point) < 1e-4, `${solver}: ${end}`);
  }
});

Deno.test("sampleLatent() converges on Gaussian data, DPM-Solver++ faster than Euler", async () => {
  const exact = exactEnd(1.5, 0.5);
  const errorOf = async (solver: SolverName, steps: number) =>
    Math.abs(await sampleOne(solver, steps, gaussianVelocity(0.5)) - exact);
  const euler = await errorOf("euler", 25);
  const second = await errorOf("dpm++", 25);
  assert.ok(await errorOf("euler", 200) < euler / 4);
  assert.ok(second < euler / 2, `dpm++ ${second}, euler ${euler}`);
  assert.ok(second < 0.02, `${second}`);
});

Deno.test("sampleLatent() gives up when told to and leaks nothing either way", async () => {
  const start = tf.tensor3d([1, 2], [1, 2, 1]);
  const before = tf.memory().numTensors;
  const task = {
    solver: "dpm++",
    start,
    course: noiseCourse(SCHEDULE, 5),
    velocity: gaussianVelocity(1),
  } as const;
  const none = await sampleLatent({
    ...task,
    onStep: (done) => Promise.resolve(done < 3),
  });
  assert.equal(none, null);
  assert.equal(tf.memory().numTensors, before);
  const end = await sampleLatent({ ...task, onStep: goOn });
  assert.equal(tf.memory().numTensors, before + 1);
  tf.dispose([start, end!]);
});
