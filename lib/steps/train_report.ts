// Tells the outside what a train loop does: progress messages, log lines, and the clock's figures in timings.jsonl.
import { join } from "node:path";
import type { Clock } from "../clock/clock.ts";
import { openTimingLog } from "../metrics/metric_log.ts";
import type { TrainEvent, TrainObserver } from "../train/train_event.ts";
import { mostEpochs, type Transition } from "../train/transition.ts";
import type { BatchSource } from "../train/train_loop.ts";
import type { StepContext } from "./step_context.ts";

/** Values of a batch that a progress bar has room for. */
const SHOWN_METRICS = [
  "loss",
  "recon_loss",
  "recon_l1",
  "kl_loss",
  "d_loss",
  "g_loss",
  "lpips_loss",
  "flow_loss",
];

/** An observer with the file that it writes; dispose it to close that. */
export interface TrainReport extends Disposable {
  readonly observe: TrainObserver;
  /** The same batches; the time until each is there is counted as waiting for data, apart from that of updates. */
  timed(batches: BatchSource): BatchSource;
}

/** Opens timings.jsonl for appending: what a clock says is no part of a result, so nothing is ever cut from it. */
export async function openTrainReport(
  context: StepContext,
  transition: Transition,
  options: { readonly clock: Clock; readonly logInterval: number },
): Promise<TrainReport> {
  const { clock, logInterval } = options;
  const timings = await openTimingLog(join(context.folder, "timings.jsonl"));
  let lastMs = clock.elapsedMs();
  const seconds: Record<string, number> = {};
  const startMs = lastMs;
  let waitedMs = 0;
  const timed = (batches: BatchSource): BatchSource => ({
    batchesPerEpoch: batches.batchesPerEpoch,
    async read(epoch, batch) {
      const askedMs = clock.elapsedMs();
      const made = await batches.read(epoch, batch);
      const now = clock.elapsedMs();
      seconds["data"] = (seconds["data"] ?? 0) + (now - askedMs) / 1000;
      waitedMs += now - askedMs;
      lastMs += now - askedMs;
      return made;
    },
  });
  const phaseOf = (event: TrainEvent) =>
    event.name === "batch" ? "update" : event.name;
  const observe = async (event: TrainEvent) => {
    const now = clock.elapsedMs();
    const phase = phaseOf(event);
    seconds[phase] = (seconds[phase] ?? 0) + (now - lastMs) / 1000;
    lastMs = now;
    show(context, event, transition);
    const resumed = event.name === "start" && event.cursor.trainStep > 0;
    const isRow = resumed || event.name === "end" || event.name === "stop" ||
      (event.name === "batch" && event.cursor.trainStep % logInterval === 0);
    if (!isRow) return;
    await timings.append({
      global_step: event.cursor.trainStep,
      time: clock.now().toISOString(),
      seconds: roundedSeconds(seconds),
      data_wait_share: shareOf(waitedMs, clock.elapsedMs() - startMs),
      memory_bytes: Deno.memoryUsage().rss,
      ...(resumed ? { resumed } : {}),
    });
    for (const name of Object.keys(seconds)) delete seconds[name];
  };
  return { observe, timed, [Symbol.dispose]: () => timings[Symbol.dispose]() };
}

function show(
  context: StepContext,
  event: TrainEvent,
  transition: Transition,
): void {
  const epochs = mostEpochs(transition);
  if (event.text !== null) {
    const level = event.name === "skip" || event.name === "corrupt"
      ? "warning"
      : "info";
    context.log(
      event.name === "epoch" ? `end of epoch: ${event.text}` : event.text,
      level,
    );
  }
  if (
    event.name !== "batch" && event.name !== "start" && event.name !== "end"
  ) return;
  const { cursor, batchesPerEpoch } = event;
  const metrics = Object.fromEntries(
    Object.entries(event.metrics).filter(([name]) =>
      SHOWN_METRICS.includes(name)
    ),
  );
  context.progress({
    phase: "train",
    done: cursor.trainStep,
    total: epochs * batchesPerEpoch,
    epoch: { current: Math.min(cursor.epoch + 1, epochs), total: epochs },
    metrics,
  });
}

function shareOf(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.round(part / whole * 1e4) / 1e4;
}

function roundedSeconds(
  seconds: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(seconds).map((
      [name, value],
    ) => [name, Math.round(value * 1e6) / 1e6]),
  );
}
