// Looks at the schedules again and again and has their ticks started. One process leads a schedule at a time; when it is gone,
// also by SIGKILL, another one takes over. What a tick may do is decided by its own process, so a second leader would do no harm.
import { type Clock, SYSTEM_CLOCK } from "../clock/clock.ts";
import { FileLock } from "../disk/file_lock.ts";
import type { TickHistory } from "./history.ts";
import { decideOverlap } from "./overlap.ts";
import type { Schedule } from "./schedule.ts";
import { leadLock, type SchedulePaths, tickLock } from "./schedule_paths.ts";
import type { Tick } from "./tick.ts";

/** A started process that runs a tick. */
export interface StartedTick {
  readonly ended: Promise<void>;
  /** Asks it to save and leave. */
  stop(): void;
}

/** What the loop works with. */
export interface LoopScene {
  readonly history: TickHistory;
  readonly paths: SchedulePaths;
  /** Starts a process for the tick. */
  readonly start: (tick: Tick) => StartedTick;
  /** Told when something changes that a person may want to see. */
  readonly observe?: (notice: LoopNotice) => void;
  readonly clock?: Clock;
}

/** Something that the loop did. */
export type LoopNotice =
  | { readonly kind: "leading"; readonly schedule: string }
  | { readonly kind: "standing_by"; readonly schedule: string }
  | { readonly kind: "started"; readonly tick: Tick }
  | { readonly kind: "ended"; readonly tick: Tick };

/** The longest sleep: edits, other processes and a machine that was suspended are seen after it. */
const LONGEST_SLEEP_MS = 1000;
/** A process that ended and left its tick waiting may do so again: not at once. */
const RESTART_PAUSE_MS = 1000;
const LEAD_WAIT_MS = 3000;

/** The loop over a set of schedules. */
export class ScheduleLoop implements AsyncDisposable {
  readonly #scene: LoopScene;
  readonly #clock: Clock;
  readonly #leads = new Map<string, FileLock>();
  readonly #standsBy = new Set<string>();
  readonly #started = new Map<number, StartedTick>();
  readonly #notBefore = new Map<number, number>();

  constructor(scene: LoopScene) {
    this.#scene = scene;
    this.#clock = scene.clock ?? SYSTEM_CLOCK;
  }

  /** Runs until `signal`; then stops what it started and waits for it. `schedules` is asked at each turn. */
  async run(
    schedules: () => Promise<readonly Schedule[]>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#runWhile(() => !signal.aborted, schedules, signal);
    await this.#stopAll();
  }

  /** Runs for as long as ticks of the schedule wait or run; answers false where another process leads it. */
  async runDue(schedule: Schedule, signal: AbortSignal): Promise<boolean> {
    const { history } = this.#scene;
    const deadline = this.#clock.elapsedMs() + LEAD_WAIT_MS;
    // Whoever leads either looks once more after this moment, or is about to end.
    while (!await this.#lead(schedule)) {
      if (this.#clock.elapsedMs() > deadline || signal.aborted) return false;
      await this.#clock.sleep(100, signal).catch(() => {});
    }
    const isBusy = () =>
      !signal.aborted &&
      (this.#started.size > 0 || history.nextStartMs(schedule.name) !== null ||
        history.inState(schedule.name, "running").length > 0);
    await this.turn([schedule]);
    const schedules = () => Promise.resolve([schedule]);
    await this.#runWhile(isBusy, schedules, signal);
    await this.#stopAll();
    return true;
  }

  /** One look at every schedule; answers for how long nothing is to be done. */
  async turn(schedules: readonly Schedule[]): Promise<number> {
    await this.#dropOthers(schedules);
    let wakeMs = this.#nowMs() + LONGEST_SLEEP_MS;
    for (const schedule of schedules) {
      if (!await this.#lead(schedule)) continue;
      await this.#putBackLost(schedule.name);
      const nowMs = this.#nowMs();
      this.#scene.history.look(schedule, nowMs);
      this.#startWaiting(schedule.name, nowMs);
      const next = schedule.enabled ? schedule.times.next(nowMs) : null;
      const start = this.#scene.history.nextStartMs(schedule.name);
      for (const time of [next, start]) {
        if (time !== null && time > nowMs) wakeMs = Math.min(wakeMs, time);
      }
    }
    return Math.max(0, wakeMs - this.#nowMs());
  }

  async #runWhile(
    isWanted: () => boolean,
    schedules: () => Promise<readonly Schedule[]>,
    signal: AbortSignal,
  ): Promise<void> {
    while (isWanted()) {
      const sleepMs = await this.turn(await schedules());
      await Promise.race([
        this.#clock.sleep(sleepMs, signal).catch(() => {}),
        ...[...this.#started.values()].map(({ ended }) => ended),
      ]);
    }
  }

  async #stopAll(): Promise<void> {
    const started = [...this.#started.values()];
    for (const tick of started) tick.stop();
    await Promise.all(started.map(({ ended }) => ended));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const lock of this.#leads.values()) await lock[Symbol.asyncDispose]();
    this.#leads.clear();
  }

  async #lead({ name }: Schedule): Promise<boolean> {
    if (this.#leads.has(name)) return true;
    const attempt = await FileLock.tryAcquire(
      leadLock(this.#scene.paths, name),
    );
    if (!attempt.ok) {
      if (!this.#standsBy.has(name)) {
        this.#standsBy.add(name);
        this.#scene.observe?.({ kind: "standing_by", schedule: name });
      }
      return false;
    }
    this.#standsBy.delete(name);
    this.#leads.set(name, attempt.lock);
    this.#scene.history.continueStopped(name);
    this.#scene.observe?.({ kind: "leading", schedule: name });
    return true;
  }

  /** A schedule that left the files is another daemon's to lead, should it know it. */
  async #dropOthers(schedules: readonly Schedule[]): Promise<void> {
    const names = new Set(schedules.map(({ name }) => name));
    for (const [name, lock] of this.#leads) {
      if (names.has(name)) continue;
      this.#leads.delete(name);
      await lock[Symbol.asyncDispose]();
    }
  }

  async #putBackLost(schedule: string): Promise<void> {
    const { history, paths } = this.#scene;
    for (const tick of history.inState(schedule, "running")) {
      if (this.#started.has(tick.id)) continue;
      await putBackIfLost(tick, history, paths, this.#nowMs());
    }
  }

  #startWaiting(schedule: string, nowMs: number): void {
    const { history } = this.#scene;
    const running = history.inState(schedule, "running");
    const waiting = history.waiting(schedule, nowMs);
    for (const tick of waiting) {
      if (this.#started.has(tick.id)) continue;
      if ((this.#notBefore.get(tick.id) ?? 0) > nowMs) continue;
      const { overlap } = tick.work;
      const decision = decideOverlap(overlap, tick, { running, waiting });
      if (decision.kind === "wait") continue;
      // A skip is written down here, without a process for it.
      if (decision.kind === "skip") history.claim(tick.id, Deno.pid, nowMs);
      else this.#start(tick);
      // What comes behind a tick that starts is looked at when its process has made its claim.
      if (decision.kind !== "skip" && overlap !== "allow") return;
    }
  }

  #start(tick: Tick): void {
    const { history, observe, start } = this.#scene;
    const started = start(tick);
    observe?.({ kind: "started", tick });
    const ended = started.ended.finally(() => {
      this.#started.delete(tick.id);
      this.#notBefore.set(tick.id, this.#nowMs() + RESTART_PAUSE_MS);
      observe?.({ kind: "ended", tick: history.tick(tick.id) ?? tick });
    });
    this.#started.set(tick.id, { ended, stop: () => started.stop() });
  }

  #nowMs(): number {
    return this.#clock.now().getTime();
  }
}

/** Lets a tick go on that is written down as running while nobody holds its lock. */
async function putBackIfLost(
  tick: Tick,
  history: TickHistory,
  paths: SchedulePaths,
  nowMs: number,
): Promise<void> {
  const attempt = await FileLock.tryAcquire(tickLock(paths, tick.id));
  if (!attempt.ok) return;
  await using _lock = attempt.lock;
  history.putBack(tick.id, nowMs);
}
