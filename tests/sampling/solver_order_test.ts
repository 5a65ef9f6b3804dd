// Solvers against their published formulas in numpy, and the order with which they converge.
import assert from "node:assert/strict";
import { python, PYTHON_SAFETENSORS } from "../exchange/python.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { diffusionSchedule } from "../../lib/losses/diffusion_schedule.ts";
import {
  type CoursePoint,
  noiseCourse,
} from "../../lib/sampling/noise_course.ts";
import {
  sampleLatent,
  type SolverName,
  type VelocityModel,
} from "../../lib/sampling/ode_sampler.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { testWith } from "../support/outside_program.ts";

await startEngine("wasm");

async function sample(
  solver: SolverName,
  course: readonly CoursePoint[],
  values: readonly number[],
  velocity: VelocityModel,
): Promise<number[]> {
  const start = tf.tensor3d([...values], [1, values.length, 1]);
  const end = await sampleLatent({
    solver,
    start,
    course,
    velocity,
    onStep: () => Promise.resolve(true),
  });
  const found = [...await end!.data()];
  tf.dispose([start, end!]);
  return found;
}

const DEVIATION = 0.5;
const [FIRST, LAST] = [-3, 7];

/** Points at equal strides of log(signal / noise); the model is asked with the number of the point. */
function evenCourse(steps: number): CoursePoint[] {
  return Array.from({ length: steps + 1 }, (_, time) => {
    const ratio = FIRST + (LAST - FIRST) * time / steps;
    const signal = 1 / Math.sqrt(1 + Math.exp(-2 * ratio));
    return { time, signal, noise: Math.sqrt(1 - signal ** 2) };
  });
}

/** How far the solver ends from the exact flow of data N(0, DEVIATION^2), whose velocity is linear in the latent. */
async function errorOf(solver: SolverName, steps: number): Promise<number> {
  const course = evenCourse(steps);
  const spread = ({ signal, noise }: CoursePoint) =>
    Math.sqrt(signal ** 2 * DEVIATION ** 2 + noise ** 2);
  const [end] = await sample(solver, course, [1.5], (latent, time) => {
    const { signal, noise } = course[time]!;
    const factor = signal * noise * (1 - DEVIATION ** 2) /
      spread(course[time]!) ** 2;
    return tf.mul(latent, factor);
  });
  const last = course.at(-1)!;
  // The step from the last point to the clean end is exact up to the noise that is left there.
  const reached = 1.5 * spread(last) / spread(course[0]!);
  const exact = reached * last.signal * DEVIATION ** 2 / spread(last) ** 2;
  return Math.abs(end! - exact);
}

Deno.test("Euler converges with order one, DPM-Solver++ (2M) with order two", async () => {
  for (const [solver, order] of [["euler", 1], ["dpm++", 2]] as const) {
    const errors = [];
    for (const steps of [20, 40, 80]) errors.push(await errorOf(solver, steps));
    for (const at of [1, 2]) {
      const found = Math.log2(errors[at - 1]! / errors[at]!);
      assert.ok(
        Math.abs(found - order) < 0.35,
        `${solver}: order ${found}, errors ${errors}`,
      );
    }
  }
});

testWith(
  PYTHON_SAFETENSORS,
  "both solvers take the steps of their formulas, written out in numpy",
  async () => {
    const schedule = diffusionSchedule("linear");
    const start = [1.5, -0.3, 0.8, -2];
    const velocity: VelocityModel = (latent, time) =>
      tf.add(tf.mul(tf.sin(tf.mul(latent, 1.3)), 0.7), time / 2000);
    for (const steps of [1, 2, 9]) {
      const course = noiseCourse(schedule, steps);
      const wanted = await python(
        REFERENCE,
        JSON.stringify({ course, start }),
      ) as Record<SolverName, number[]>;
      for (const solver of ["euler", "dpm++"] as const) {
        const found = await sample(solver, course, start, velocity);
        found.forEach((value, at) => {
          const reference = wanted[solver][at]!;
          assert.ok(
            Math.abs(value - reference) < 2e-5 * (1 + Math.abs(reference)),
            `${solver}, ${steps} steps: ${value}, ${reference}`,
          );
        });
      }
    }
  },
);

/** DPM-Solver++ (2M) as in Lu et al. 2022, Algorithm 2, with data prediction from v (Salimans and Ho 2022); DDIM for Euler. */
const REFERENCE = `import json, sys
import numpy as np
task = json.loads(sys.argv[1])
points = [(p["time"], p["signal"], p["noise"]) for p in task["course"]] + [(None, 1.0, 0.0)]
lam = lambda a, s: np.log(a) - np.log(s)
def v(x, t): return np.sin(1.3 * x) * 0.7 + t / 2000
def run(second):
    x = np.array(task["start"], dtype=np.float64)
    old = None
    for i in range(len(points) - 1):
        t, a, s = points[i]
        _, a1, s1 = points[i + 1]
        out = v(x, t)
        x0, eps = a * x - s * out, s * x + a * out
        if not second:
            x = a1 * x0 + s1 * eps
        elif s1 == 0:
            x = a1 * x0
        else:
            h = lam(a1, s1) - lam(a, s)
            step = np.expm1(-h)
            x_next = s1 / s * x - a1 * step * x0
            if old is not None:
                r = (lam(a, s) - lam(*points[i - 1][1:])) / h
                x_next -= 0.5 * a1 * step * (x0 - old) / r
            x = x_next
        old = x0
    return x.tolist()
print(json.dumps({"euler": run(False), "dpm++": run(True)}))`;
