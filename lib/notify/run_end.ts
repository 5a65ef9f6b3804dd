// How a run ended, as hooks are told it.

/** A run's end as plain data: the body of a webhook. Fields are only ever added. */
export interface RunEnd {
  /** One sentence; chat services show it. */
  readonly text: string;
  readonly run: string;
  /** Path of the pipeline file as given. */
  readonly pipeline: string;
  /** `test` where nothing ended and the hook is tried. */
  readonly outcome: "done" | "failed" | "test";
  readonly exitCode: number;
  readonly elapsedSeconds: number;
  /** Path of the page about the run; null where there is none. */
  readonly report: string | null;
  readonly steps: readonly {
    readonly name: string;
    readonly state: string;
    readonly elapsedSeconds: number | null;
    readonly metrics: Readonly<Record<string, number>>;
  }[];
  /** The first failure; null where nothing failed. */
  readonly failure: {
    /** Null where the run failed before a step began. */
    readonly step: string | null;
    readonly message: string;
    readonly hint: string | null;
  } | null;
}

/** What a hook's command finds in its environment, beside PATH and HOME. */
export function endVariables(end: RunEnd): Record<string, string> {
  return {
    FLUXLINE_RUN: end.run,
    FLUXLINE_PIPELINE: end.pipeline,
    FLUXLINE_OUTCOME: end.outcome,
    FLUXLINE_EXIT_CODE: String(end.exitCode),
    FLUXLINE_REPORT: end.report ?? "",
    FLUXLINE_FAILED_STEP: end.failure?.step ?? "",
    FLUXLINE_TEXT: end.text,
  };
}
