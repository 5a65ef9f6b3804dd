// `deno task bench`: our training steps and operations beside PyTorch's, in one run.
import { parseArgs } from "node:util";
import { commandCosts } from "./command_costs.ts";
import {
  findContestants,
  findGpuContestants,
  floorCommand,
} from "./contestants.ts";
import { raceOps, raceStep } from "./races.ts";
import { disagreements, LOSS_TOLERANCE, ratio } from "./summary.ts";
import { OP_CASES, SMALLEST } from "./op_cases.ts";
import {
  commandTable,
  dispatchLine,
  opTable,
  profileTable,
  stepTable,
} from "./tables.ts";
import { STEPS } from "./workload.ts";

const USAGE = `Usage: deno task bench [options]

  --json           print everything that was measured as JSON
  --profile        show the kernels that each engine's step spends its time in
  --repeats N      rounds; medians are printed (9)
  --threads N      threads of an op, on both sides (one per core)
  --engine NAME    an engine by name; may be given more than once
  --gpu            the VAE at width 64 and batch 16 on the GPU alone: our WebGPU kernels, tfjs's, PyTorch's
  --only PART      vae, flow, ops, dispatch (the smallest op alone) or commands; may be given more than once`;

const ALL_PARTS: readonly string[] = ["vae", "flow", "ops", "commands"];
const PARTS: readonly string[] = [...ALL_PARTS, "dispatch"];
const { values } = parseArgs({
  args: Deno.args,
  options: {
    json: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    repeats: { type: "string", default: "9" },
    threads: { type: "string", default: `${navigator.hardwareConcurrency}` },
    engine: { type: "string", multiple: true, default: [] },
    only: { type: "string", multiple: true, default: [...ALL_PARTS] },
    gpu: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const repeats = Number(values.repeats);
const threads = Number(values.threads);
const isUnderstood = !values.help && repeats >= 1 && threads >= 1 &&
  values.only.every((part) => PARTS.includes(part));
if (!isUnderstood) {
  console.error(USAGE);
  Deno.exit(values.help ? 0 : 2);
}

const parts = values.gpu ? ["vae_large"] : values.only;
const { contestants, absent } = values.gpu
  ? await findGpuContestants(values.engine.includes("webgpu"))
  : await findContestants(values.engine, threads);
const record: Record<string, unknown> = {
  deno: Deno.version.deno,
  cores: navigator.hardwareConcurrency,
  threads,
  repeats,
  absent,
};
const say = (text: string) => {
  if (!values.json) console.log(`${text}\n`);
};
say(
  `Medians over ${repeats} interleaved rounds, float32. A ratio is PyTorch's time over ours: above 1 ours is faster.`,
);
if (absent.length > 0) say(`Not there: ${absent.join("; ")}`);

const problems: string[] = [];
for (const step of STEPS.filter((name) => parts.includes(name))) {
  const options = { repeats, isProfiled: values.profile };
  const lanes = await raceStep(step, contestants, options);
  record[step] = lanes;
  const [{ parameters } = { parameters: 0 }] = lanes;
  say(
    `Training step "${step}", ${parameters} weights: forward, backward, clipping, AdamW`,
  );
  say(stepTable(lanes));
  const [ours, plain] = lanes;
  if (values.gpu && plain !== undefined) {
    say(
      `Our kernels take 1/${
        ratio(ours!, plain).toFixed(1)
      } of the time of ${plain.title}.`,
    );
  }
  const found = disagreements(lanes);
  problems.push(...found);
  say(
    found.length > 0
      ? `NOT COMPARABLE: ${found.join("; ")}`
      : `First losses agree to ${LOSS_TOLERANCE}.`,
  );
  for (const { title, profile } of lanes) {
    if (profile !== null) say(profileTable(`${step} on ${title}`, profile));
  }
}
const ops = parts.includes("ops")
  ? Object.keys(OP_CASES)
  : parts.includes("dispatch")
  ? [SMALLEST]
  : [];
if (ops.length > 0) {
  const races = await raceOps(contestants, floorCommand(threads), {
    repeats,
    ops,
  });
  record["ops"] = Object.fromEntries(races);
  say("Single operations, in brackets the ratio at equal thread counts");
  say(opTable(races));
  const dispatch = dispatchLine(races.get(SMALLEST)!);
  if (dispatch !== null) say(dispatch);
}
if (parts.includes("commands")) {
  const costs = await commandCosts(Math.min(repeats, 5));
  record["commands"] = costs;
  say(commandTable(costs));
}
const [load = 0] = Deno.loadavg();
record["load"] = load;
say(
  `The machine's load over the last minute: ${
    load.toFixed(1)
  }. What other processes take of ${navigator.hardwareConcurrency} cores moves times and ratios.`,
);
if (values.json) console.log(JSON.stringify(record, null, 2));
Deno.exit(problems.length > 0 ? 1 : 0);
