// The bench's figures as Markdown tables.
import { markdownTable } from "./markdown_table.ts";
import type { CommandCosts } from "./command_costs.ts";
import type { Profile } from "./kernel_profile.ts";
import type { Lane, StepLane } from "./races.ts";
import { median, ratio, torchLane } from "./summary.ts";

const MOST_KERNELS = 16;
/** Microseconds of a small op that may be ours. */
const MOST_ABOVE_US = 5;

/** One training step on every side. */
export function stepTable(lanes: readonly StepLane[]): string {
  const rows = lanes.map((lane) => [
    lane.title,
    threadsText(lane),
    ms(median(lane.ms)),
    ms(median(lane.cpuMs)),
    ratios(lane, lanes),
    lane.firstLoss.toFixed(6),
    ms(lane.firstMs),
    ms(lane.startMs),
    `${Math.round(lane.peakBytes / 2 ** 20)} MiB`,
  ]);
  return markdownTable([
    "side",
    "threads",
    "step",
    "CPU time",
    "ratio to PyTorch",
    "first loss",
    "first step",
    "start",
    "peak memory",
  ], rows);
}

/** Single operations: one row each, one column per side. */
export function opTable(races: ReadonlyMap<string, readonly Lane[]>): string {
  const [first] = races.values();
  const sides = first!.filter(({ isFloor }) => !isFloor);
  const heads = sides.map((lane) =>
    lane.threads === null ? lane.title : `${lane.title}, ${lane.threads}t`
  );
  const rows = [...races].map(([op, lanes]) => [
    op,
    ...lanes.slice(0, sides.length).map((lane) => {
      const time = ms(median(lane.ms));
      const torch = torchLane(lanes, lane.threads);
      return lane.isTorch || torch === undefined
        ? time
        : `${time} (${ratio(lane, torch).toFixed(2)})`;
    }),
  ]);
  return markdownTable(["operation", ...heads], rows);
}

/** What our side adds to the smallest operation; null where TensorFlow is not there. */
export function dispatchLine(lanes: readonly Lane[]): string | null {
  const floor = lanes.find(({ isFloor }) => isFloor);
  const ours = lanes.find(({ title }) => title === "tensorflow");
  if (floor === undefined || ours === undefined) return null;
  const [whole, bare] = [ours, floor].map((lane) => Math.min(...lane.ms));
  return `One small op on tensorflow, quickest round: ${
    ms(whole!)
  } through tfjs and our binding, ${
    ms(bare!)
  } in a bare loop over ${floor.title}: ${
    ((whole! - bare!) * 1000).toFixed(2)
  } us above it (at most ${MOST_ABOVE_US} is the goal).`;
}

/** Where the time of a step goes. */
export function profileTable(
  title: string,
  { ms: whole, kernels }: Profile,
): string {
  const share = (part: number) => `${(100 * part / whole).toFixed(1)} %`;
  const inside = kernels.reduce((sum, { ms }) => sum + ms, 0);
  const shown = kernels.slice(0, MOST_KERNELS);
  const others = kernels.slice(MOST_KERNELS);
  const sum = (of: "ms" | "calls") =>
    others.reduce((total, kernel) => total + kernel[of], 0);
  const rows = [
    ...shown.map((one) => [one.kernel, one.calls, one.ms] as const),
    [`${others.length} other kernels`, sum("calls"), sum("ms")] as const,
    ["outside of kernels", "", whole - inside] as const,
  ].map(([name, calls, part]) => [name, `${calls}`, ms(part), share(part)]);
  return markdownTable(
    [`${title}: ${ms(whole)}`, "calls", "time", "share"],
    rows,
  );
}

/** What commands cost. */
export function commandTable(costs: CommandCosts): string {
  return markdownTable(["command", "time"], [
    ["`plan` of pipelines/spade.yaml", ms(median(costs.plan))],
    ["one more step that does nothing", ms(median(costs.stepProcess))],
    ["an empty Deno process", ms(median(costs.emptyProcess))],
  ]);
}

function ratios(lane: Lane, lanes: readonly Lane[]): string {
  if (lane.isTorch) return "";
  const torch = lanes.filter(({ isTorch }) => isTorch);
  return torch.map((one) => {
    const threads = one.threads === null ? "" : ` (${one.threads}t)`;
    return `${ratio(lane, one).toFixed(2)}${threads}`;
  }).join(", ");
}

function threadsText({ threads }: Lane): string {
  return threads === null ? "GPU" : `${threads}`;
}

/** Three digits that matter. */
function ms(value: number): string {
  if (value < 1) return `${(value * 1000).toPrecision(3)} us`;
  return `${value < 100 ? value.toPrecision(3) : value.toFixed(0)} ms`;
}
