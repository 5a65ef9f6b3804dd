// Progress as bars with the time left, redrawn in place; one bar per running step, log lines above them.
import cliProgress from "cli-progress";
import type { RunNotice, RunObserver } from "../runner/run_notice.ts";
import { noticeLine } from "./plain_progress.ts";
import { progressText } from "./progress_text.ts";
import type { Terminal } from "./terminal.ts";

/** An observer with bars; disposing of it puts the cursor back. */
export interface BarProgress extends Disposable {
  readonly observe: RunObserver;
}

/** Bars on the given terminal. */
export function barProgress(terminal: Terminal): BarProgress {
  const bars = new cliProgress.MultiBar({
    format: "{label} {bar} {percentage}% {text}, {eta_formatted} left",
    stream: terminal.redrawn(),
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false,
    linewrap: false,
    barsize: 20,
    barCompleteChar: "#",
    barIncompleteChar: "-",
    fps: 5,
  });
  const labels = new Map<string, string>();
  const running = new Map<
    string,
    { readonly bar: cliProgress.SingleBar; readonly phase: string }
  >();
  const say = (text: string) => {
    if (running.size === 0) terminal.out(text);
    else bars.log(`${text}\n`);
  };
  const remove = (name: string) => {
    const entry = running.get(name);
    if (entry === undefined) return;
    bars.remove(entry.bar);
    running.delete(name);
  };
  const show = (notice: Extract<RunNotice, { kind: "step_progress" }>) => {
    const { step: { name }, update } = notice;
    const payload = {
      label: labels.get(name) ?? name,
      text: progressText(update),
    };
    const entry = running.get(name);
    // Each phase has its own pace, so its time left starts anew.
    if (entry?.phase === update.phase) {
      entry.bar.setTotal(update.total);
      entry.bar.update(update.done, payload);
      return;
    }
    remove(name);
    const bar = bars.create(update.total, update.done, payload);
    running.set(name, { bar, phase: update.phase });
  };
  return {
    observe: (notice) => {
      if (notice.kind === "planned") {
        const { steps } = notice.plan;
        steps.forEach((step, index) =>
          labels.set(step.name, `[${index + 1}/${steps.length}] ${step.name}`)
        );
      }
      if (notice.kind === "step_progress") return show(notice);
      if (notice.kind === "step_ended") remove(notice.step.name);
      const line = noticeLine(
        notice,
        (step) => labels.get(step.name) ?? step.name,
      );
      if (line !== null) say(line);
    },
    [Symbol.dispose]: () => bars.stop(),
  };
}
