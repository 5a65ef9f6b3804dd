// `fluxline generate` and `fluxline interpolate`: draw with a step's weights, or with weight files.
import { resolve } from "node:path";
import type { ModelSection } from "../catalog/model_section.ts";
import type { PictureSides } from "../catalog/picture_size.ts";
import type { Pipeline } from "../catalog/pipeline.ts";
import { loadPipeline } from "../config/load_pipeline.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { UsageError } from "../error/failure.ts";
import { GatheredFailures } from "../error/several_failures.ts";
import { counted } from "../plan/text_table.ts";
import { draw, type Drawing } from "../runner/draw.ts";
import {
  type DrawingSource,
  filesSource,
  stepSource,
} from "../runner/drawing_source.ts";
import { requireSize, requireSteps } from "../runner/drawing_step.ts";
import { requireAbsent } from "../runner/new_folder.ts";
import { type PromptSource, readPrompts } from "../runner/prompt_source.ts";
import { listenForSignals, StopControl } from "../runner/stop_control.ts";
import { renderDiagnostics } from "../source/diagnostic.ts";
import { shownPath } from "../worker/permissions.ts";
import { oneRun } from "./one_run.ts";
import { plainProgress } from "./plain_progress.ts";
import { requireRunPermissions } from "./process_permission.ts";
import type { Terminal } from "./terminal.ts";

/** Options that both commands take, as commander gives them. */
interface DrawingCommandOptions {
  readonly to: string;
  readonly checkpoint?: string;
  readonly seed?: number;
  readonly size?: PictureSides;
  readonly steps: number;
  readonly guidance: number;
  readonly negative: string;
  readonly solver: "dpm++" | "euler";
  readonly weights: "ema" | "raw";
  readonly count: number;
  readonly runs: string;
  readonly set: readonly string[];
  /** The one cell of a matrix that is meant. */
  readonly cell?: string;
  readonly json?: true;
}

/** Options of `generate`. */
export interface GenerateCommandOptions extends DrawingCommandOptions {
  readonly prompt: readonly string[];
  readonly prompts?: string;
}

/** Options of `interpolate`. */
export interface InterpolateCommandOptions extends DrawingCommandOptions {
  readonly startPrompt: string;
  readonly endPrompt: string;
  readonly frames: number;
}

/** Draws each prompt, `count` times. */
export async function generateCommand(
  file: string,
  step: string | undefined,
  options: GenerateCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  await requireRunPermissions("generate", file);
  const prompts = {
    written: options.prompt,
    path: options.prompts ?? null,
  };
  return await drawPrompts({ file, step }, { prompts, frames: null }, {
    options,
    terminal,
  });
}

/** Draws the way between two prompts. */
export async function interpolateCommand(
  file: string,
  step: string | undefined,
  options: InterpolateCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  await requireRunPermissions("interpolate", file);
  const prompts = {
    written: [options.startPrompt, options.endPrompt],
    path: null,
  };
  const { frames } = options;
  return await drawPrompts({ file, step }, { prompts, frames }, {
    options,
    terminal,
  });
}

async function drawPrompts(
  { file, step }: { readonly file: string; readonly step: string | undefined },
  asked: {
    readonly prompts: PromptSource;
    readonly frames: number | null;
  },
  { options, terminal }: {
    readonly options: DrawingCommandOptions;
    readonly terminal: Terminal;
  },
): Promise<ExitCode> {
  const { checkpoint, to } = options;
  const gathered = new GatheredFailures();
  const prompts = await gathered.of(() => readPrompts(asked.prompts));
  await gathered.of(() => requireAbsent(resolve(to), "draw into"));
  await gathered.of(() => {
    if (checkpoint === undefined || step === undefined) return;
    throw new UsageError(
      `Cannot draw with step "${step}" and with "${checkpoint}"`,
      { hint: "Leave one of them out" },
    );
  });
  const overrides = checkpoint === undefined
    ? options.set
    : [...options.set, `model_checkpoint=${JSON.stringify(checkpoint)}`];
  const models: ModelSection[] = [];
  const loaded = await gathered.of(() =>
    loadPipeline(file, {
      overrides,
      ...oneRun(options),
      onModel: (model) => void models.push(model),
    })
  );
  for (const model of models) {
    await gathered.of(() => requireSize(options.size ?? null, { model }));
    await gathered.of(() => requireSteps(options.steps, { model }));
  }
  if (loaded !== undefined) {
    const doubts = loaded.ok ? loaded.warnings : loaded.diagnostics;
    if (doubts.length > 0) {
      terminal.err(renderDiagnostics(doubts, { color: terminal.color }));
    }
  }
  const pipeline = loaded?.ok ? loaded.value : undefined;
  const source = pipeline === undefined
    ? undefined
    : await gathered.of(() => sourceOf(pipeline, step, options));
  gathered.throwAny();
  if (
    pipeline === undefined || source === undefined || prompts === undefined
  ) return EXIT_CODE.refused;
  if (source.unfinished !== null) {
    terminal.err(
      `Step "${source.planned?.name}" has not finished; its weights are those ${source.unfinished}`,
    );
  }
  const stop = new StopControl();
  using _signals = listenForSignals(stop);
  const drawing = await draw(pipeline, source, {
    prompts,
    frames: asked.frames,
    seed: options.seed ?? null,
    size: options.size ?? null,
    steps: options.steps,
    guidance: options.guidance,
    negative: options.negative,
    solver: options.solver,
    weights: options.weights,
    count: options.count,
    to,
  }, {
    runsDir: options.runs,
    stop,
    observe: plainProgress((line) => terminal.err(line)),
  });
  terminal.out(
    options.json === true
      ? JSON.stringify(drawingToJson(drawing), null, 2)
      : renderDrawing(drawing),
  );
  return EXIT_CODE.done;
}

async function sourceOf(
  pipeline: Pipeline,
  step: string | undefined,
  { checkpoint, runs }: DrawingCommandOptions,
): Promise<DrawingSource> {
  return checkpoint === undefined
    ? await stepSource(pipeline, step ?? null, runs)
    : filesSource(pipeline);
}

function renderDrawing({ folder, grid, pictures }: Drawing): string {
  return [
    `${counted(pictures.length, "picture")} in ${shownPath(folder)}`,
    `All of them: ${shownPath(grid)}`,
  ].join("\n");
}

function drawingToJson(
  { folder, grid, pictures, record }: Drawing,
): Record<string, unknown> {
  return {
    folder: shownPath(folder),
    grid: shownPath(grid),
    pictures: pictures.map(({ path, ...rest }) => ({
      path: shownPath(path),
      ...rest,
    })),
    made: record,
  };
}
