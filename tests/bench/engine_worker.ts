// Our side of the bench on one engine: JSON requests on standard input, one answer a line.
// Arguments: the engine as JSON, a file of weights and inputs, or "-", and "plain" for tfjs's WebGPU kernels in place of ours.
import process from "node:process";
import type { EngineStart } from "../../lib/engine_setup/engine_choice.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { startPlainWebgpu } from "./plain_webgpu.ts";
import { profiled } from "./kernel_profile.ts";
import { OP_CASES, type OpRun } from "./op_cases.ts";
import { jsonLines } from "./json_lines.ts";
import { peakMemory } from "./peak_memory.ts";
import { type TrainStep, trainStep } from "./train_step.ts";
import type { Request } from "./worker_link.ts";

const start = JSON.parse(Deno.args[0]!) as EngineStart;
const begun = performance.now();
const isPlain = Deno.args[2] === "plain";
const { numericClass, device } = isPlain
  ? await startPlainWebgpu()
  : await startEngine(start);
answer({
  name: start.name,
  numericClass,
  device,
  threads: device === "cpu" ? start.threads ?? 1 : null,
  startMs: performance.now() - begun,
});

let step: TrainStep | null = null;
const ops = new Map<string, OpRun>();
for await (const line of jsonLines(Deno.stdin.readable)) {
  answer(await reply(line as Request));
}

async function reply(request: Request): Promise<object> {
  switch (request.ask) {
    case "prepare":
      step = trainStep(request.step, await Deno.readFile(Deno.args[1]!));
      return { parameters: step.parameters };
    case "step":
      return await timed(() => prepared().run());
    case "op": {
      const { op, count } = request;
      const run = ops.get(op) ?? OP_CASES[op]!();
      ops.set(op, run);
      return await timed(async () => {
        for (let k = 0; k < count; k++) await run();
      });
    }
    case "profile":
      return await profiled(() => prepared().run());
    case "memory":
      return { bytes: await peakMemory() };
    default:
      return request satisfies never;
  }
}

function prepared(): TrainStep {
  if (step === null) throw new Error("no step is prepared");
  return step;
}

/** The clock's time, and that of this process on all cores, which other processes disturb less. */
async function timed<T>(
  work: () => Promise<T>,
): Promise<{ ms: number; cpuMs: number; value: T }> {
  const begun = performance.now();
  const before = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return {
    ms: performance.now() - begun,
    cpuMs: (user + system) / 1000,
    value,
  };
}

function answer(record: object): void {
  console.log(JSON.stringify(record));
}
