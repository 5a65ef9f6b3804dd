// The page of one run: the sections of its report, drawn from what lies on disk now.
import { markup } from "../report/markup.ts";
import { runMain, runNavigation } from "../report/page.ts";
import { readRunFacts, type ReadStep } from "../report/run_facts.ts";
import { readStepFacts, type StepFacts } from "../report/step_facts.ts";
import { liveDocument } from "./live_document.ts";
import { servedPicture } from "./picture.ts";
import { stepVersion } from "./run_version.ts";

/** Steps whose facts are kept between two drawings. */
const MOST_REMEMBERED = 500;

/** Draws pages of runs; what it read of a step is used again until that step's folder changes. */
export class RunPages {
  readonly #runsDir: string;
  readonly #remembered = new Map<
    string,
    { readonly version: string; readonly facts: StepFacts }
  >();

  constructor(runsDir: string) {
    this.#runsDir = runsDir;
  }

  /**
   * The page; null where there is no such run.
   *
   * @throws {StoredStateError} where the run's manifest cannot be understood
   */
  async draw(run: string): Promise<string | null> {
    const facts = await readRunFacts(this.#runsDir, run, this.#readStep);
    if (facts === null) return null;
    return liveDocument({
      title: `Run ${run}`,
      links: runNavigation(facts),
      main: markup`${await runMain(facts, servedPicture)}`,
      events: `/run/${run}/events`,
    });
  }

  readonly #readStep: ReadStep = async (planned, status, events) => {
    const { folder } = status;
    const version = JSON.stringify([
      ...[planned, { ...status, result: null }, stepVersion(folder)],
      // A failure's words stand in the events.
      status.state === "failed" ? events.length : 0,
    ]);
    const known = this.#remembered.get(folder);
    if (known?.version === version) return known.facts;
    const facts = await readStepFacts(planned, status, events);
    // The newest is last, so that the first is the one that nobody looked at for longest.
    this.#remembered.delete(folder);
    this.#remembered.set(folder, { version, facts });
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MOST_REMEMBERED && oldest !== undefined) {
      this.#remembered.delete(oldest);
    }
    return facts;
  };
}
