// The options that choose an engine, shared by the commands that plan and run.
import type { Command } from "commander";
import {
  engineNameFrom,
  type EngineWish,
} from "../../engine_setup/engine_wish.ts";
import { wholeNumber } from "./command_options.ts";

/** The options as commander gives them. */
export interface EngineOptionValues {
  readonly engine: string;
  readonly threads?: number;
  readonly gpu?: true;
}

/** Adds the options. */
export function withEngine(command: Command): Command {
  return command
    .option("--engine <name>", "auto, tensorflow, webgpu or wasm", "auto")
    .option("--threads <n>", "threads of the native engine", wholeNumber)
    .option("--gpu", "refuse to compute without a GPU")
    .option("--same-engine", "redo what was finished on another engine");
}

/**
 * What the options ask for.
 *
 * @throws UsageError for a name that is no engine
 */
export function engineWish(values: EngineOptionValues): EngineWish {
  return {
    name: engineNameFrom(values.engine),
    device: values.gpu === true ? "gpu" : null,
    threads: values.threads ?? null,
  };
}
