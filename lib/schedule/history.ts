// What the history of ticks can be told and asked. Each decision is made inside the transaction that writes it down, so that
// several processes can look at the same schedules and no tick is lost, run twice, or run against its overlap policy.
import { fillPlaceholders } from "../clock/tick_values.ts";
import type { DatabaseFile } from "../disk/database_file.ts";
import { dueTicks } from "./due_ticks.ts";
import { openHistoryFile } from "./history_file.ts";
import { decideOverlap, type OverlapDecision } from "./overlap.ts";
import { rhythmOf, type Schedule } from "./schedule.ts";
import {
  type Tick,
  type TickEnd,
  tickOf,
  type TickState,
  type TickWork,
} from "./tick.ts";

/** A tick that is interrupted more often than this is given up: it would never end. */
const MOST_ATTEMPTS = 20;

/** The answer of {@linkcode TickHistory.claim}; `gone` means that another process has dealt with the tick. */
export type Claim = OverlapDecision | { readonly kind: "gone" };

/** The history of all schedules of a folder of runs. */
export class TickHistory implements Disposable {
  readonly #file: DatabaseFile;

  /** @throws {StoredStateError} where the file is no history of this version */
  static async open(path: string): Promise<TickHistory> {
    return new TickHistory(await openHistoryFile(path));
  }

  private constructor(file: DatabaseFile) {
    this.#file = file;
  }

  /** Writes down what became due since the last look, by whichever process; a new or edited schedule begins now. */
  look(schedule: Schedule, nowMs: number, newSinceMs = nowMs): void {
    const rhythm = rhythmOf(schedule);
    const known = this.#scheduleRow(schedule.name);
    const isDue = known?.rhythm === rhythm && known.lookedMs < nowMs &&
      (schedule.times.next(known.lookedMs) ?? Infinity) <= nowMs;
    if (known?.rhythm === rhythm && (!isDue || !schedule.enabled)) return;
    this.#file.write(() => {
      const row = this.#scheduleRow(schedule.name);
      if (row?.rhythm !== rhythm) {
        const sinceMs = row === null ? newSinceMs : nowMs;
        this.#file.run(
          `INSERT INTO schedules (name, rhythm, looked_ms) VALUES (?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET rhythm = excluded.rhythm, looked_ms = excluded.looked_ms`,
          ...[schedule.name, rhythm, sinceMs],
        );
        if (sinceMs === nowMs || !schedule.enabled) return;
      }
      const look = {
        afterMs: row?.lookedMs ?? newSinceMs,
        nowMs,
        isPaused: row?.isPaused ?? false,
      };
      for (const tick of dueTicks(schedule, look)) {
        this.#insert(schedule, { ...tick, origin: "schedule", nowMs });
      }
      this.#file.run(
        "UPDATE schedules SET looked_ms = ? WHERE name = ?",
        ...[nowMs, schedule.name],
      );
    });
  }

  /** Writes down a tick that a person asks for. */
  addManual(schedule: Schedule, nowMs: number): Tick {
    return this.#file.write(() => {
      this.#file.run(
        "INSERT OR IGNORE INTO schedules (name, rhythm, looked_ms) VALUES (?, ?, ?)",
        ...[schedule.name, rhythmOf(schedule), nowMs],
      );
      const [last] = this.#file.rows(
        "SELECT max(due_ms) AS due FROM ticks WHERE schedule = ? AND origin = 'manual'",
        schedule.name,
      );
      const dueMs = Math.max(nowMs, Number(last?.["due"] ?? 0) + 1);
      return this.#insert(schedule, {
        ...{ dueMs, startMs: dueMs, skipped: null, isCatchUp: false },
        origin: "manual",
        nowMs,
      });
    });
  }

  /** Ticks of a schedule that wait and whose time has come, in the order of their due times. */
  waiting(schedule: string, nowMs: number): Tick[] {
    return this.#ticks(
      "schedule = ? AND state = 'waiting' AND start_ms <= ? ORDER BY due_ms, id",
      ...[schedule, nowMs],
    );
  }

  /** When the next tick that is written down may start; null where none waits. */
  nextStartMs(schedule: string): number | null {
    const [row] = this.#file.rows(
      "SELECT min(start_ms) AS next FROM ticks WHERE schedule = ? AND state = 'waiting'",
      schedule,
    );
    return typeof row?.["next"] === "number" ? row["next"] : null;
  }

  inState(schedule: string, state: TickState): Tick[] {
    return this.#ticks(
      "schedule = ? AND state = ? ORDER BY due_ms, id",
      ...[schedule, state],
    );
  }

  tick(id: number): Tick | null {
    return this.#ticks("id = ?", id)[0] ?? null;
  }

  /** The newest ticks, newest first; of all schedules where `schedule` is null. */
  newest(schedule: string | null, most: number): Tick[] {
    return schedule === null
      ? this.#ticks("true ORDER BY due_ms DESC, id DESC LIMIT ?", most)
      : this.#ticks(
        "schedule = ? ORDER BY due_ms DESC, id DESC LIMIT ?",
        ...[schedule, most],
      );
  }

  /** Decides about a waiting tick and writes the decision down: a start makes it this process's, a skip ends it. */
  claim(id: number, pid: number, nowMs: number): Claim {
    return this.#file.write(() => {
      const tick = this.tick(id);
      if (tick?.state !== "waiting") return { kind: "gone" };
      const decision = decideOverlap(tick.work.overlap, tick, {
        running: this.inState(tick.schedule, "running"),
        waiting: this.waiting(tick.schedule, nowMs),
      });
      if (decision.kind === "skip") this.#skip(id, decision.reason, nowMs);
      if (decision.kind === "start") {
        this.#file.run(
          `UPDATE ticks SET state = 'running', reason = NULL, stop_reason = NULL, pid = ?,
           attempts = attempts + 1, started_ms = coalesce(started_ms, ?) WHERE id = ?`,
          ...[pid, nowMs, id],
        );
      }
      return decision;
    });
  }

  /** Ends a tick of this process without a run. */
  skip(id: number, reason: string, nowMs: number): void {
    this.#file.write(() => this.#skip(id, reason, nowMs));
  }

  nameRun(id: number, run: string): void {
    this.#file.write(() =>
      this.#file.run("UPDATE ticks SET run = ? WHERE id = ?", run, id)
    );
  }

  /** Says why a running tick is about to be stopped; its process reads it at its end. The first reason stays. */
  askToStop(id: number, reason: string): void {
    this.#file.write(() =>
      this.#file.run(
        "UPDATE ticks SET stop_reason = coalesce(stop_reason, ?) WHERE id = ? AND state = 'running'",
        ...[reason, id],
      )
    );
  }

  stopReason(id: number): string | null {
    const [row] = this.#file.rows(
      "SELECT stop_reason FROM ticks WHERE id = ?",
      id,
    );
    return typeof row?.["stop_reason"] === "string" ? row["stop_reason"] : null;
  }

  /** Ends a tick of this process. */
  end(id: number, { state, exitCode, reason, nowMs }: TickEnd): void {
    this.#file.write(() =>
      this.#file.run(
        "UPDATE ticks SET state = ?, exit_code = ?, reason = ?, finished_ms = ? WHERE id = ?",
        ...[state, exitCode, reason, nowMs, id],
      )
    );
  }

  /** Lets a tick go on whose process is gone; the caller holds its lock. Given up after {@linkcode MOST_ATTEMPTS}. */
  putBack(id: number, nowMs: number): void {
    this.#file.write(() => {
      const tick = this.tick(id);
      if (tick?.state !== "running") return;
      if (tick.attempts < MOST_ATTEMPTS) {
        this.#file.run(
          "UPDATE ticks SET state = 'waiting', reason = ? WHERE id = ?",
          ...["its process was gone; it goes on", id],
        );
        return;
      }
      this.#file.run(
        "UPDATE ticks SET state = 'finished', exit_code = 4, reason = ?, finished_ms = ? WHERE id = ?",
        ...[`given up: its process was gone ${tick.attempts} times`, nowMs, id],
      );
    });
  }

  /** Lets the stopped ticks of a schedule go on. */
  continueStopped(schedule: string): void {
    if (this.inState(schedule, "stopped").length === 0) return;
    this.#file.write(() =>
      this.#file.run(
        "UPDATE ticks SET state = 'waiting', finished_ms = NULL, exit_code = NULL WHERE schedule = ? AND state = 'stopped'",
        schedule,
      )
    );
  }

  isPaused(schedule: string): boolean {
    return this.#scheduleRow(schedule)?.isPaused ?? false;
  }

  setPaused(schedule: Schedule, isPaused: boolean, nowMs: number): void {
    // What became due until now is judged by how things stood until now.
    this.look(schedule, nowMs);
    this.#file.write(() =>
      this.#file.run(
        "UPDATE schedules SET is_paused = ? WHERE name = ?",
        ...[isPaused ? 1 : 0, schedule.name],
      )
    );
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  #skip(id: number, reason: string, nowMs: number): void {
    this.#file.run(
      "UPDATE ticks SET state = 'skipped', reason = ?, finished_ms = ? WHERE id = ?",
      ...[reason, nowMs, id],
    );
  }

  #insert(
    schedule: Schedule,
    tick: {
      readonly dueMs: number;
      readonly startMs: number;
      readonly skipped: string | null;
      readonly isCatchUp: boolean;
      readonly origin: Tick["origin"];
      readonly nowMs: number;
    },
  ): Tick {
    const [row] = this.#file.rows(
      "UPDATE schedules SET ticks = ticks + ? WHERE name = ? RETURNING ticks",
      ...[tick.skipped === null ? 1 : 0, schedule.name],
    );
    const moment = { dueMs: tick.dueMs, number: Number(row?.["ticks"]) };
    const work: TickWork = {
      pipeline: schedule.pipeline,
      set: schedule.set.map((text) =>
        fillPlaceholders(text, moment, schedule.zone)
      ),
      overlap: schedule.overlap,
      max_run_time_ms: schedule.max_run_time_ms,
      executor: schedule.executor,
    };
    const [made] = this.#file.rows(
      // A clock that was set back may name an instant again; what was decided about it stands.
      `INSERT OR IGNORE INTO ticks (schedule, due_ms, start_ms, origin, state, reason, is_catch_up, finished_ms, work)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
      ...[schedule.name, tick.dueMs, tick.startMs, tick.origin],
      ...(tick.skipped === null
        ? ["waiting", null]
        : ["skipped", tick.skipped]),
      ...[tick.isCatchUp ? 1 : 0, tick.skipped === null ? null : tick.nowMs],
      JSON.stringify(work),
    );
    return tickOf(made ?? {});
  }

  #ticks(where: string, ...values: readonly (string | number)[]): Tick[] {
    return this.#file.rows(`SELECT * FROM ticks WHERE ${where}`, ...values)
      .map(tickOf);
  }

  #scheduleRow(
    name: string,
  ): { rhythm: string; lookedMs: number; isPaused: boolean } | null {
    const [row] = this.#file.rows(
      "SELECT * FROM schedules WHERE name = ?",
      name,
    );
    return row === undefined ? null : {
      rhythm: String(row["rhythm"]),
      lookedMs: Number(row["looked_ms"]),
      isPaused: row["is_paused"] === 1,
    };
  }
}
