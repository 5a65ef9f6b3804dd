// `fluxline status --follow`: one run as it goes on, until nobody works on it. Writes nothing.
import { SYSTEM_CLOCK } from "../clock/clock.ts";
import { readTail } from "../disk/file_tail.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { UsageError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";
import { figure } from "../report/figures.ts";
import { listRuns, readRunManifest } from "../store/run_record.ts";
import { readRunStatus, type RunStatus } from "../store/run_status.ts";
import { runWork } from "../store/run_work.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import { sharingOf } from "../store/shared_folder.ts";
import { indexStepFolders, stepPaths } from "../store/store_layout.ts";
import { chosenRun } from "./chosen_run.ts";
import { runsOfFile } from "./runs_of_file.ts";
import {
  jobsInWords,
  renderStatus,
  type StatusCommandOptions,
  statusToJson,
} from "./status_command.ts";
import type { Terminal } from "./terminal.ts";

const POLL_MS = 500;
/** Looks in a row that find nobody: between a step and the next a job lets go for a moment. */
const IDLE_LOOKS = 2;
/** More than a metric row needs. */
const ROW_BYTES = 8192;
const SHOWN_METRICS = 3;

/** Shows the run of the named pipeline, or the one that changed last, whenever something in it changed. */
export async function followStatus(
  files: readonly string[],
  { runs: runsDir, json }: StatusCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  requireRunsFolder(runsDir);
  if (files.length > 1) {
    throw new UsageError(`Cannot follow ${files.length} pipelines at once`, {
      hint: "Name the one FILE that is meant",
    });
  }
  const run = await followedRun(files[0], runsDir, terminal);
  const view = json
    ? new JsonView(terminal)
    : terminal.redraws
    ? new RedrawnView(terminal)
    : new LineView(terminal);
  let idleLooks = 0;
  for (;;) {
    // Asked first: what was written before the end is then read below.
    const isIdle = await isNobodyAtWork(runsDir, run);
    idleLooks = isIdle ? idleLooks + 1 : 0;
    const status = await readRunStatus(runsDir, run);
    if (status === null) {
      throw new UsageError(`Cannot follow run "${run}": it has not started`);
    }
    const jobs = await jobsInWords(runsDir, status);
    const live = await liveSteps(status);
    view.show({
      text: renderStatus(status, jobs, live),
      data: { ...statusToJson(status, jobs), live: Object.fromEntries(live) },
    });
    if (idleLooks === IDLE_LOOKS) {
      return status.steps.every(({ state }) => state === "done")
        ? EXIT_CODE.done
        : EXIT_CODE.stepFailed;
    }
    await SYSTEM_CLOCK.sleep(POLL_MS);
  }
}

/** The run that a pipeline file or a run's name stands for; without one, the run that changed last. */
async function followedRun(
  named: string | undefined,
  runsDir: string,
  terminal: Terminal,
): Promise<string> {
  if (named === undefined || listRuns(runsDir).includes(named)) {
    return chosenRun(runsDir, named);
  }
  const runs = await runsOfFile(named, {
    overrides: [],
    action: "follow the run of",
    hint:
      "Correct the file, or leave FILE out to follow the run that changed last",
  }, terminal);
  const [run, ...others] = runs;
  if (run !== undefined && others.length === 0) return run;
  throw new UsageError(
    `Cannot follow "${named}": it has ${runs.length} runs`,
    { hint: `Name the one that is meant, such as ${run}` },
  );
}

async function isNobodyAtWork(runsDir: string, run: string): Promise<boolean> {
  const manifest = await readRunManifest(runsDir, run);
  const sharing = await sharingOf(runsDir);
  const index = indexStepFolders(runsDir);
  const place = { runsDir, run, sharing, index };
  return (await runWork(place, manifest?.steps ?? [])).kind === "none";
}

/** The newest metric row of each running step, in words. */
async function liveSteps({ steps }: RunStatus): Promise<Map<string, string>> {
  const live = new Map<string, string>();
  for (const { name, state, folder } of steps) {
    if (state !== "running") continue;
    const { text } = await readTail(stepPaths(folder).metrics, ROW_BYTES);
    const words = rowInWords(text.split("\n").at(-2) ?? "");
    if (words !== null) live.set(name, words);
  }
  return live;
}

function rowInWords(line: string): string | null {
  try {
    const row: unknown = JSON.parse(line);
    if (!isRecord(row) || !isRecord(row["metrics"])) return null;
    const metrics = Object.entries(row["metrics"]).slice(0, SHOWN_METRICS)
      .flatMap(([name, value]) =>
        typeof value === "number" ? [`${name} ${figure(value)}`] : []
      );
    return [`update ${row["global_step"]}`, ...metrics].join(", ");
  } catch {
    // A line that is being written; the next look sees it whole.
    return null;
  }
}

/** What is shown of a moment. */
interface Moment {
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface View {
  show(moment: Moment): void;
}

/** The whole text, in the place of the one before. */
class RedrawnView implements View {
  readonly #terminal: Terminal;
  #last = "";

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show({ text }: Moment): void {
    if (text === this.#last) return;
    const up = this.#last === "" ? "" : `\u001b[${rowsOf(this.#last)}F\u001b[J`;
    this.#terminal.out(`${up}${text}`);
    this.#last = text;
  }
}

/** The rows that a text takes on the screen: long lines are wrapped. */
function rowsOf(text: string): number {
  const { columns } = Deno.consoleSize();
  return text.split("\n").reduce(
    (sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)),
    0,
  );
}

/** The lines that were not there a moment ago, for a file or a pipe. */
class LineView implements View {
  readonly #terminal: Terminal;
  #last: readonly string[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show({ text }: Moment): void {
    const lines = text.split("\n");
    const known = new Set(this.#last.map(unaligned));
    const changed = lines.filter((line) => !known.has(unaligned(line)));
    if (changed.length > 0) this.#terminal.out(changed.join("\n"));
    this.#last = lines;
  }
}

/** Widths of columns change with what stands in them. */
function unaligned(line: string): string {
  return line.replaceAll(/ {2,}/g, "  ");
}

/** One line of JSON for each change. */
class JsonView implements View {
  readonly #terminal: Terminal;
  #last = "";

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show({ data }: Moment): void {
    const line = JSON.stringify(data);
    if (line !== this.#last) this.#terminal.out(line);
    this.#last = line;
  }
}
