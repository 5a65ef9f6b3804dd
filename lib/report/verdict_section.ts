// The first thing on a page: how the run ended, and what it found.
import { formatDuration } from "../clock/duration.ts";
import { describeHolder } from "../disk/lock_holder.ts";
import { counted } from "../plan/text_table.ts";
import { type Markup, markup } from "./markup.ts";
import type { RunFacts } from "./run_facts.ts";
import type { StepFacts } from "./step_facts.ts";

/** How a run stands. */
type RunOutcome = "running" | "failed" | "stopped" | "done";

/** The outcome, from the lock and the steps. */
function runOutcome({ lock, steps }: RunFacts): RunOutcome {
  if (lock.kind === "held") return "running";
  if (steps.some(({ action }) => action === "failed" || action === "damaged")) {
    return "failed";
  }
  return steps.every(({ status }) => status.state === "done")
    ? "done"
    : "stopped";
}

/** The section at the top. */
export function verdictSection(facts: RunFacts): Markup {
  const outcome = runOutcome(facts);
  const verdicts = facts.steps.flatMap(({ comparison }) =>
    comparison === null ? [] : [comparison]
  );
  const { manifest, steps } = facts;
  const elapsedMs = steps.reduce(
    (sum, { status }) => sum + (status.elapsedMs ?? 0),
    0,
  );
  const done = steps.filter(({ status }) => status.state === "done").length;
  return markup`<section id="verdict" class="${outcome}"><p class="eyebrow">Run <b>${manifest.run}</b> · ${
    headline(facts, outcome)
  }</p>${
    verdicts.length === 0
      ? markup`<h1>${withoutVerdict(facts, outcome)}</h1>`
      : verdicts.map(({ sentence, outcome }) =>
        markup`<h1 class="${outcome}">${sentence}</h1>`
      )
  }${
    failures(
      steps,
    )
  }<dl class="metrics"><div><dt>steps</dt><dd>${done} of ${steps.length}</dd></div><div><dt>time of all steps</dt><dd>${
    formatDuration(
      elapsedMs,
    )
  }</dd></div><div><dt>started</dt><dd><time datetime="${manifest.createdAt}">${
    minuteOf(
      manifest.createdAt,
    )
  }</time></dd></div><div><dt>last change</dt><dd><time datetime="${manifest.updatedAt}">${
    minuteOf(
      manifest.updatedAt,
    )
  }</time></dd></div><div><dt>seed</dt><dd>${manifest.seed}</dd></div><div><dt>engine</dt><dd>${manifest.engine}</dd></div></dl></section>`;
}

function headline({ lock, steps }: RunFacts, outcome: RunOutcome): string {
  switch (outcome) {
    case "running":
      return lock.kind === "held"
        ? `running, ${describeHolder(lock.holder)}`
        : "running";
    case "failed":
      return "failed";
    case "stopped":
      return "not finished; the same command continues it";
    case "done":
      return `finished, ${counted(steps.length, "step")}`;
    default:
      return outcome satisfies never;
  }
}

/** A run without a comparison says what its last steps reached. */
function withoutVerdict({ steps }: RunFacts, outcome: RunOutcome): string {
  const failed = steps.find(({ action }) =>
    action === "failed" || action === "damaged"
  );
  if (failed !== undefined) return `Step "${failed.name}" ${failed.action}`;
  if (outcome === "running") {
    const running = steps.filter(({ action }) => action === "running");
    return running.length === 0
      ? "Starting"
      : `In step ${running.map(({ name }) => `"${name}"`).join(", ")}`;
  }
  if (outcome === "stopped") {
    const next = steps.find(({ status }) => status.state !== "done");
    return `Stopped before the end of step "${next?.name ?? ""}"`;
  }
  const { status } =
    steps.findLast(({ status }) =>
      Object.keys(status.result?.metrics ?? {}).length > 0
    ) ?? steps.at(-1)!;
  const [metric] = Object.entries(status.result?.metrics ?? {});
  return metric === undefined
    ? "Every step is finished"
    : `Every step is finished: "${status.name}" reached ${metric[0]} ${
      Number(metric[1].toPrecision(4))
    }`;
}

function failures(steps: readonly StepFacts[]): Markup[] {
  return steps.flatMap(({ name, failure }) =>
    failure === null
      ? []
      : [markup`<p class="failure"><b>${name}</b>: ${failure}</p>`]
  );
}

/** To the minute, in UTC. */
export function minuteOf(time: string): string {
  return `${time.slice(0, 16).replace("T", " ")} UTC`;
}
