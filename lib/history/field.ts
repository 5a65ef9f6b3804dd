// What a list of runs can be filtered, sorted and widened by: what every run has, the metrics of its steps, and its options.
import { UsageError } from "../error/failure.ts";
import { didYouMean } from "../source/suggestion.ts";
import type { ListedRun } from "./listed_run.ts";
import type { IndexField, RunIndex } from "./run_index.ts";

/** A field as it was written, with what it says of each run; undefined where a run has no such value. */
export interface Field {
  readonly written: string;
  /** How values are compared and shown: lengths of time are in milliseconds. */
  readonly kind: "plain" | "duration";
  readonly of: (run: ListedRun) => unknown;
}

/** What every run has. */
const OF_RUN: Readonly<Record<string, (run: ListedRun) => unknown>> = {
  name: ({ run }) => run,
  state: ({ state }) => state,
  pipeline: ({ pipeline }) => pipeline,
  mode: ({ mode }) => mode,
  seed: ({ seed }) => seed ?? undefined,
  engine: ({ engine }) => engine,
  created: ({ createdAt }) => createdAt,
  updated: ({ updatedAt }) => updatedAt,
  steps: ({ steps }) => steps.length,
  done: ({ steps }) => steps.filter(({ isDone }) => isDone).length,
  time: ({ elapsedMs }) => elapsedMs,
};

/** Names of what every run has. */
const RUN_FIELDS: readonly string[] = Object.keys(OF_RUN);

/** Finds fields by the names that people write. */
export class FieldFinder {
  readonly #index: RunIndex;
  readonly #metrics: readonly IndexField[];
  readonly #options: readonly IndexField[];

  constructor(index: RunIndex) {
    this.#index = index;
    const fields = index.fields();
    this.#metrics = fields.filter(({ step }) => step !== "");
    this.#options = fields.filter(({ step }) => step === "");
  }

  /**
   * The field that `written` names: what every run has, else a metric (`psnr`, of the last step that has it, or `judge.psnr`), else
   * an option, by its path or the end of that.
   *
   * @throws {UsageError} where no run has it, or one run has it more than once
   */
  find(written: string, purpose: string): Field {
    const own = Object.hasOwn(OF_RUN, written) ? OF_RUN[written] : undefined;
    if (own !== undefined) {
      const kind = written === "time" ? "duration" : "plain";
      return { written, kind, of: own };
    }
    const field = this.#metric(written) ?? this.#option(written, purpose);
    if (field !== null) return { written, kind: "plain", of: field };
    throw new UsageError(
      `Cannot ${purpose} "${written}": no run has a metric or an option of that name${
        didYouMean(written, this.#names())
      }`,
      { hint: `Name ${this.#examples()}` },
    );
  }

  #metric(written: string): Field["of"] | null {
    const exact = this.#metrics.find(({ step, name }) =>
      `${step}.${name}` === written
    );
    const found = exact === undefined
      ? this.#metrics.filter(({ name }) => name === written)
      : [exact];
    if (found.length === 0) return null;
    const values = new Map(
      found.map(({ id, step }) => [step, this.#index.valuesOf(id)]),
    );
    return ({ id, steps }) => {
      const last = steps.findLast(({ name }) => values.get(name)?.has(id));
      return last === undefined ? undefined : values.get(last.name)?.get(id);
    };
  }

  #option(written: string, purpose: string): Field["of"] | null {
    const exact = this.#options.filter(({ name }) => name === written);
    const found = exact.length > 0
      ? exact
      : this.#options.filter(({ name }) => name.endsWith(`.${written}`));
    if (found.length === 0) return null;
    const values = new Map<number, { path: string; value: unknown }>();
    for (const { id, name: path } of found) {
      for (const [run, value] of this.#index.valuesOf(id)) {
        const before = values.get(run);
        const isSame = before === undefined ||
          JSON.stringify(before.value) === JSON.stringify(value);
        if (!isSame) throw ambiguous(written, purpose, [before.path, path]);
        values.set(run, { path, value });
      }
    }
    return ({ id }) => values.get(id)?.value;
  }

  #names(): string[] {
    return [
      ...RUN_FIELDS,
      ...this.#metrics.flatMap((
        { step, name },
      ) => [name, `${step}.${name}`]),
      ...this.#options.flatMap(({ name }) => [lastPart(name), name]),
    ];
  }

  #examples(): string {
    const metrics = [...new Set(this.#metrics.map(({ name }) => name))];
    const shown = metrics.slice(0, 8).join(", ");
    const more = metrics.length > 8 ? ` and ${metrics.length - 8} more` : "";
    return metrics.length === 0
      ? `one of ${RUN_FIELDS.join(", ")}, or an option; no run has a metric yet`
      : `one of ${
        RUN_FIELDS.join(", ")
      }, an option, or a metric: ${shown}${more}`;
  }
}

function ambiguous(
  written: string,
  purpose: string,
  paths: readonly string[],
): UsageError {
  return new UsageError(
    `Cannot ${purpose} "${written}": ${
      paths.map((path) => `"${path}"`).join(" and ")
    } differ in one run`,
    { hint: "Write more of the path of the one that is meant" },
  );
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
