// Interleaved repeats: in each round every side does the same work once, so that what disturbs the machine meets them all.
import type { Contestant } from "./contestants.ts";
import type { Profile } from "./kernel_profile.ts";
import { SMALLEST } from "./op_cases.ts";
import { startFile, type StepName } from "./workload.ts";
import { WorkerLink } from "./worker_link.ts";

/** Times of one side, milliseconds, round by round. */
export interface Lane {
  readonly title: string;
  readonly threads: number | null;
  readonly isTorch: boolean;
  /** A bare loop over the engine's library, without tfjs and without our binding. */
  readonly isFloor?: boolean;
  readonly ms: number[];
}

/** A side's training step. */
export interface StepLane extends Lane {
  /** Of the process on all cores, round by round. */
  readonly cpuMs: number[];
  readonly parameters: number;
  /** Before the first update. */
  readonly firstLoss: number;
  readonly firstMs: number;
  readonly startMs: number;
  readonly peakBytes: number;
  readonly profile: Profile | null;
}

const WARM_UPS = 2;
const SMALLEST_COUNT = 2000;

/** Trains one step on every side, `repeats` rounds. */
export async function raceStep(
  step: StepName,
  field: readonly Contestant[],
  { repeats, isProfiled }: {
    readonly repeats: number;
    readonly isProfiled: boolean;
  },
): Promise<StepLane[]> {
  const file = await Deno.makeTempFile({ suffix: ".safetensors" });
  await using links = new AsyncDisposableStack();
  try {
    await Deno.writeFile(file, startFile(step));
    const sides = [];
    for (const { title, threads, isTorch, command } of field) {
      const link = links.use(await WorkerLink.start(command(file)));
      const { parameters } = await link.ask({ ask: "prepare", step });
      const first = await link.ask({ ask: "step" });
      for (let k = 0; k < WARM_UPS; k++) await link.ask({ ask: "step" });
      const lane = {
        title,
        threads,
        isTorch,
        ms: [] as number[],
        cpuMs: [] as number[],
        parameters,
      };
      const { startMs } = link.greeting;
      const begin = { firstLoss: first.value, firstMs: first.ms, startMs };
      sides.push({ link, lane: { ...lane, ...begin } });
    }
    for (let round = 0; round < repeats; round++) {
      for (const { link, lane } of turned(sides, round)) {
        const { ms, cpuMs } = await link.ask({ ask: "step" });
        lane.ms.push(ms);
        lane.cpuMs.push(cpuMs);
      }
    }
    const lanes: StepLane[] = [];
    for (const { link, lane } of sides) {
      const { bytes } = await link.ask({ ask: "memory" });
      const profile = isProfiled && !lane.isTorch
        ? await link.ask({ ask: "profile" })
        : null;
      lanes.push({ ...lane, peakBytes: bytes, profile });
    }
    return lanes;
  } finally {
    await Deno.remove(file);
  }
}

/** Times of single operations, per run, by the operation's name. `floor`, where it is there, runs the smallest one too, as its last lane. */
export async function raceOps(
  field: readonly Contestant[],
  floor: readonly string[] | null,
  { repeats, ops }: {
    readonly repeats: number;
    readonly ops: readonly string[];
  },
): Promise<Map<string, Lane[]>> {
  await using links = new AsyncDisposableStack();
  const sides: OpSide[] = [];
  for (const { title, threads, isTorch, command } of field) {
    const link = links.use(await WorkerLink.start(command("-")));
    sides.push({ link, own: { title, threads, isTorch, isFloor: false } });
  }
  const lowest: OpSide[] = [];
  if (floor !== null) {
    const link = links.use(await WorkerLink.start(floor));
    const { name: title, threads } = link.greeting;
    const own = { title, threads, isTorch: false, isFloor: true };
    lowest.push({ link, own });
  }
  const races = new Map<string, Lane[]>();
  for (const op of ops) {
    const isSmallest = op === SMALLEST;
    const count = isSmallest ? SMALLEST_COUNT : 1;
    const all = isSmallest ? [...sides, ...lowest] : sides;
    races.set(op, await raceOp(op, all, { count, repeats }));
  }
  return races;
}

interface OpSide {
  readonly link: WorkerLink;
  readonly own: Omit<Lane, "ms">;
}

async function raceOp(
  op: string,
  sides: readonly OpSide[],
  { count, repeats }: { readonly count: number; readonly repeats: number },
): Promise<Lane[]> {
  const lanes = sides.map(({ own }) => ({ ...own, ms: [] as number[] }));
  for (let round = -WARM_UPS; round < repeats; round++) {
    for (const [k, { link }] of turned([...sides.entries()], round)) {
      const { ms } = await link.ask({ ask: "op", op, count });
      if (round >= 0) lanes[k]!.ms.push(ms / count);
    }
  }
  return lanes;
}

/** Another side begins each round. */
function turned<T>(sides: readonly T[], round: number): T[] {
  const at = (round % sides.length + sides.length) % sides.length;
  return [...sides.slice(at), ...sides.slice(0, at)];
}
