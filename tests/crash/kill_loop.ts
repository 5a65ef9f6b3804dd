// Kills a run with SIGKILL at random times, again and again, starts the same command at once, and looks what is left.
import { RandomStream } from "../../lib/random/random_stream.ts";
import { type Ended, finish } from "../cli/cli_process.ts";
import { type CrashProject, outcomeOf } from "./crash_project.ts";
import { KilledRun } from "./killed_run.ts";
import { MARK, strike, type Victim, VICTIMS } from "./marked_processes.ts";

/** Two branches that train at the same time, then a step that needs both. */
export const KILLED_STEPS: readonly string[] = [
  "{ name: words, task: script, uses: count_words.ts }",
  "{ name: left, needs: [words], train_vae: true, n_epochs: 1 }",
  "{ name: right, needs: [words], train_vae: true, train_spade: true, n_epochs: 1 }",
  "{ name: joined, needs: [left, right], task: script, uses: count_words.ts }",
];

// A kill comes within a span of time that follows the runs: it shrinks where one ends before its kill, and grows with each kill,
// so that a slow start is not all that is ever met.
const SHARE = 0.7;
const SHRINK = 0.8;
const GROW = 1.05;

/** A second runner waits for the first, whose step was killed and which is still closing its records. */
const OPTIONS = ["--jobs", "2", "--wait", "2min"];

/** What a loop has seen. */
export interface KillCounts {
  readonly kills: Record<Victim, number>;
  /** Runs that came to their end and were compared. */
  finished: number;
  /** Kills after which a finished step was there, and kills after which an unfinished one had a checkpoint. */
  withMarker: number;
  withCheckpoint: number;
}

interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
}

/** A loop over runs of one project, each of which is killed until it ends. */
export class KillLoop {
  readonly #project: CrashProject;
  readonly #calm: Readonly<Record<string, string>>;
  #spanMs: number;
  readonly #random: RandomStream;
  readonly #mark: string = crypto.randomUUID();
  readonly counts: KillCounts = {
    kills: { runner: 0, child: 0, both: 0 },
    finished: 0,
    withMarker: 0,
    withCheckpoint: 0,
  };

  /** Runs the project once without a kill. */
  static async open(project: CrashProject, seed: number): Promise<KillLoop> {
    const start = performance.now();
    const { code, err } = await project.train("calm", undefined, ...OPTIONS);
    if (code !== 0) throw new Error(`The calm run ended with ${code}: ${err}`);
    const elapsedMs = performance.now() - start;
    const calm = await outcomeOf(project.path("calm"));
    return new KillLoop(project, calm, elapsedMs, seed);
  }

  private constructor(
    project: CrashProject,
    calm: Readonly<Record<string, string>>,
    calmMs: number,
    seed: number,
  ) {
    this.#project = project;
    this.#calm = calm;
    this.#spanMs = SHARE * calmMs;
    this.#random = RandomStream.of(seed, "kills");
  }

  /** Kills so far. */
  get total(): number {
    const { runner, child, both } = this.counts.kills;
    return runner + child + both;
  }

  /**
   * Kills until `times` kills are counted, then lets the last run come to its end.
   *
   * @throws {Error} that says what was lost, mixed or left behind
   */
  async kill(times: number, tell: (text: string) => void): Promise<void> {
    while (this.total < times) {
      const name = `killed-${this.counts.finished + 1}`;
      const run = new KilledRun(this.#project.path(name), this.#mark);
      await this.#killUntilDone(name, run, times);
      await run.lookAtEnd(this.#calm);
      this.counts.finished++;
      tell(`${this.total} of ${times} kills, ${this.counts.finished} runs`);
      await Deno.remove(run.folder, { recursive: true });
    }
  }

  async #killUntilDone(
    name: string,
    run: KilledRun,
    times: number,
  ): Promise<void> {
    const late: Promise<string | null>[] = [];
    const runners: number[] = [];
    for (;;) {
      const running = this.#start(name);
      runners.push(running.pid);
      const isLast = this.total >= times;
      const victim = isLast ? null : await this.#strike(running, runners);
      if (victim === null) {
        refuse(problemOfEnd(await running.ended, [0]));
        break;
      }
      this.counts.kills[victim]++;
      if (victim === "child") {
        // It may have been killed behind its last word, or have been one that only reads the imports of the steps.
        const { both } = this.counts.kills;
        late.push(running.ended.then((ended) => {
          const isStruck = this.counts.kills.both > both;
          return problemOfEnd(ended, isStruck ? [0, 3, 4, 137] : [0, 3, 4]);
        }));
      } else refuse(problemOfEnd(await running.ended, [0, 137]));
      const seen = await run.lookBetween();
      if (seen.hasMarker) this.counts.withMarker++;
      if (seen.hasCheckpoint) this.counts.withCheckpoint++;
    }
    for (const wrong of await Promise.all(late)) refuse(wrong);
  }

  #start(name: string): Running {
    const child = this.#project.startMarked(name, {
      [MARK]: this.#mark,
    }, ...OPTIONS);
    return { pid: child.pid, ended: finish(child) };
  }

  /** Waits for a random time and kills; null where the run ended before, or nobody was there. */
  async #strike(
    { ended }: Running,
    runners: readonly number[],
  ): Promise<Victim | null> {
    const delayMs = this.#random.uniform() * this.#spanMs;
    const victim = VICTIMS[this.#random.integer(VICTIMS.length)]!;
    const place = this.#random.uniform();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const isOver = await Promise.race([
      ended.then(() => true),
      new Promise<false>((resolve) => {
        timer = setTimeout(resolve, delayMs, false);
      }),
    ]);
    clearTimeout(timer);
    this.#spanMs *= isOver ? SHRINK : GROW;
    if (isOver) return null;
    return strike(victim, this.#mark, runners, place) ? victim : null;
  }
}

/** A killed process says nothing; all others end in words. Null where it ended as it must. */
function problemOfEnd(
  { code, err }: Ended,
  wanted: readonly number[],
): string | null {
  const isWorded = code === 3 || code === 4
    ? err.startsWith("error: ") && err.includes("was ended by SIGKILL") &&
      !/\n {4}at /.test(err)
    : err === "";
  return wanted.includes(code) && isWorded
    ? null
    : `A run ended with ${code}, wanted ${wanted.join(" or ")}: ${err}`;
}

function refuse(wrong: string | null): void {
  if (wrong !== null) throw new Error(wrong);
}
