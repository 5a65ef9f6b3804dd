// Progress as lines, for logs and pipes: the first and last report of every phase, and one every few seconds between.
import { formatDuration } from "../clock/duration.ts";
import { counted } from "../plan/text_table.ts";
import type { RunNotice, RunObserver } from "../runner/run_notice.ts";
import { shownPath } from "../worker/permissions.ts";
import type { ProgressUpdate } from "../worker/step_message.ts";
import { progressText, StepLabels } from "./progress_text.ts";

const LINE_INTERVAL_MS = 5000;

/** A report that was printed, and when. */
interface PrintedReport {
  readonly atMs: number;
  readonly phase: string;
  readonly done: number;
}

/** An observer that prints one line per notice that matters; `now` is in milliseconds. */
export function plainProgress(
  print: (line: string) => void,
  now: () => number = () => performance.now(),
): RunObserver {
  const labels = new StepLabels();
  const printed = new Map<string, PrintedReport>();
  return (notice) => {
    labels.hear(notice);
    if (notice.kind === "step_progress") {
      const { step, update } = notice;
      const before = printed.get(step.name);
      const atMs = now();
      if (!isDue(update, atMs, before)) return;
      printed.set(step.name, { ...update, atMs });
      const pace = paceText(update, atMs, before);
      print(`${labels.of(step)}: ${progressText(update)}${pace}`);
      return;
    }
    const line = noticeLine(notice, labels);
    if (line !== null) print(line);
  };
}

/** One line for everything but progress; null for what a reader does not need. */
export function noticeLine(
  notice: Exclude<RunNotice, { kind: "step_progress" }>,
  labels: StepLabels,
): string | null {
  switch (notice.kind) {
    case "planned": {
      const { plan } = notice;
      const left = plan.steps.filter((step) => step.action !== "reuse").length;
      if (left === 0) return null;
      const all = counted(plan.steps.length, "step");
      return `Run "${plan.run}" of ${plan.file}: ${left} of ${all} to do`;
    }
    case "engine":
      return `Engine: ${notice.engine.numericClass}: ${notice.reason}`;
    case "fetching_code":
      return "Fetching the code of the steps";
    case "waiting_for_run":
      return `Waits for ${notice.holder}, which is running "${notice.run}"`;
    case "record_set_aside":
      return `${notice.reason}; kept aside as ${shownPath(notice.path)}`;
    case "waiting_for_step":
      return `${
        labels.of(notice.step)
      }: waits for ${notice.holder}, which works on it`;
    case "set_aside":
      return `${labels.of(notice.step)}: moved what was there to ${
        shownPath(notice.folder)
      }: ${notice.reason}`;
    case "step_started": {
      const attempt = notice.attempt > 1 ? `, attempt ${notice.attempt}` : "";
      return `${labels.of(notice.step)}: started${attempt}`;
    }
    case "step_log": {
      const mark = notice.level === "warning" ? "warning: " : "";
      return `${labels.of(notice.step)} | ${mark}${notice.text}`;
    }
    case "step_picture":
      return null;
    case "step_retry":
      return `${labels.of(notice.step)}: ${notice.failure.message}; attempt ${
        notice.attempt + 1
      } in ${formatDuration(notice.delayMs)}`;
    case "step_ended":
      return `${labels.of(notice.step)}: ${endWord(notice)}`;
    case "step_job":
      return `${labels.of(notice.step)}: ${notice.text}`;
    case "following_jobs":
      return `Follows the jobs of run "${notice.run}"; they go on without this process, and \`fluxline cancel\` ends them`;
    case "report_failed":
    case "hook_failed":
      return `warning: ${notice.text}`;
    case "stopping":
      return `Stopping on ${notice.signal}: running steps save and leave; a second signal ends them now`;
    default:
      return notice satisfies never;
  }
}

function endWord(notice: Extract<RunNotice, { kind: "step_ended" }>): string {
  const { state, elapsedMs } = notice.summary;
  switch (state) {
    case "done":
      return `done in ${formatDuration(elapsedMs ?? 0)}`;
    case "reused":
      return "finished by another run, reused";
    case "failed":
      return "failed";
    case "stopped":
      return "stopped";
    case "running":
    case "queued":
    case "waiting":
      return state;
    default:
      return state satisfies never;
  }
}

function isDue(
  update: ProgressUpdate,
  atMs: number,
  before: PrintedReport | undefined,
): boolean {
  if (before === undefined || before.phase !== update.phase) return true;
  return update.done >= update.total || atMs - before.atMs >= LINE_INTERVAL_MS;
}

/** Time of one piece of work since the last line of the phase, and what is left at that pace; empty where nothing was done. */
function paceText(
  { phase, done, total }: ProgressUpdate,
  atMs: number,
  before: PrintedReport | undefined,
): string {
  if (before?.phase !== phase || done <= before.done) return "";
  const eachMs = (atMs - before.atMs) / (done - before.done);
  const each = `, ${formatDuration(eachMs)} each`;
  if (done >= total) return each;
  return `${each}, ${formatDuration(eachMs * (total - done))} left`;
}
