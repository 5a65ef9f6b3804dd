// Progress as bars with the time left, redrawn in place; one bar per running step, log lines above them.
import cliProgress from "cli-progress";
import type { RunNotice, RunObserver } from "../runner/run_notice.ts";
import { noticeLine } from "./plain_progress.ts";
import { progressText, StepLabels } from "./progress_text.ts";
import type { Terminal } from "./terminal.ts";

/** More would push the time left off the screen. */
const BAR_METRICS = 2;

/** An observer with bars; disposing of it puts the cursor back. */
export interface BarProgress extends Disposable {
  readonly observe: RunObserver;
}

/** Bars on the given terminal. */
export function barProgress(terminal: Terminal): BarProgress {
  const bars = new StepBars(terminal);
  const labels = new StepLabels();
  return {
    observe: (notice) => {
      labels.hear(notice);
      if (notice.kind === "step_progress") {
        bars.show(labels.of(notice.step), notice);
        return;
      }
      if (notice.kind === "step_ended") bars.remove(notice.step.name);
      const line = noticeLine(notice, labels);
      if (line !== null) bars.say(line);
    },
    [Symbol.dispose]: () => bars.clear(),
  };
}

interface StepBar {
  readonly phase: string;
  readonly total: number;
  readonly done: number;
  readonly payload: { readonly label: string; readonly text: string };
  readonly bar: cliProgress.SingleBar;
}

/** The bars on the screen; while no step has one, nothing is redrawn. */
class StepBars {
  readonly #terminal: Terminal;
  readonly #shown = new Map<string, StepBar>();
  #drawing: cliProgress.MultiBar | null = null;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  say(text: string): void {
    if (this.#drawing === null) {
      this.#terminal.out(text);
      return;
    }
    this.#drawing.log(`${text}\n`);
    this.#drawing.update();
  }

  show(
    label: string,
    { step, update }: Extract<RunNotice, { kind: "step_progress" }>,
  ): void {
    const { phase, total, done } = update;
    const payload = { label, text: progressText(update, BAR_METRICS) };
    const before = this.#shown.get(step.name);
    const bar = before?.bar ?? this.#draw().create(total, done, payload);
    this.#shown.set(step.name, { phase, total, done, payload, bar });
    if (before === undefined) return;
    if (before.phase !== phase) {
      // Each phase has its own pace, so its time left starts anew.
      bar.start(total, done, payload);
      return;
    }
    bar.setTotal(total);
    bar.update(done, payload);
  }

  /** Takes one bar away. The package leaves an empty line behind when it removes a bar, so the others are drawn anew. */
  remove(name: string): void {
    if (!this.#shown.delete(name)) return;
    this.clear();
    for (const [other, shown] of this.#shown) {
      const { total, done, payload } = shown;
      const bar = this.#draw().create(total, done, payload);
      this.#shown.set(other, { ...shown, bar });
    }
  }

  clear(): void {
    this.#drawing?.stop();
    this.#drawing = null;
  }

  #draw(): cliProgress.MultiBar {
    this.#drawing ??= new cliProgress.MultiBar({
      format: "{label} {bar} {percentage}% {text}, {eta_formatted} left",
      stream: this.#terminal.redrawn(),
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
      linewrap: false,
      barsize: 20,
      barCompleteChar: "#",
      barIncompleteChar: "-",
      fps: 5,
    });
    return this.#drawing;
  }
}
