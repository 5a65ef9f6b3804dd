// `fluxline sweep`: a matrix from the command line, on top of what the file's own says.
import type { MatrixSearch } from "../catalog/matrix.ts";
import { sweepSettings } from "../config/sweep_axes.ts";
import type { ExitCode } from "../error/exit_code.ts";
import { UsageError } from "../error/failure.ts";
import type { Terminal } from "./terminal.ts";
import { trainCommand, type TrainOptions } from "./train_command.ts";

/** Options of the command, as commander gives them. */
export interface SweepOptions extends Omit<TrainOptions, "added" | "cell"> {
  readonly metric?: string;
  readonly direction?: "lower" | "higher";
  readonly search?: "random" | "halving";
  readonly budget?: number;
  readonly searchSeed: number;
  readonly resource?: string;
  readonly resourceFrom?: number;
  readonly resourceTo?: number;
  readonly keepOneIn: number;
}

/**
 * Trains every cell and answers the exit code.
 *
 * @throws {UsageError} where nothing varies, or a search lacks its budget
 */
export async function sweepCommand(
  file: string,
  options: SweepOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { overrides, axes } = sweepSettings(options.set);
  const search = searchOf(options);
  const { metric, direction } = options;
  return await trainCommand(file, {
    ...options,
    set: overrides,
    needsMatrix: true,
    added: {
      axes,
      seeds: options.seeds ?? null,
      ...(search === null ? {} : { search }),
      ...(metric === undefined ? {} : { metric }),
      ...(direction === undefined ? {} : { direction }),
    },
  }, terminal);
}

function searchOf(options: SweepOptions): MatrixSearch | null {
  const { search, budget, resource, resourceFrom, resourceTo } = options;
  const asked = Object.entries({ budget, resource, resourceFrom, resourceTo })
    .filter(([, value]) => value !== undefined).map(([name]) =>
      `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    );
  if (search === undefined) {
    if (asked.length === 0) return null;
    throw new UsageError(
      `Cannot use ${
        asked.join(" and ")
      } without --search: every combination runs`,
      { hint: "Give --search random or --search halving" },
    );
  }
  if (budget === undefined) {
    throw new UsageError(`Cannot search without a budget`, {
      hint: "Give --budget, the most cells that may run, seeds counted once",
    });
  }
  return {
    ...{ type: search, budget, seed: options.searchSeed },
    resource: resource ?? null,
    from: resourceFrom ?? null,
    to: resourceTo ?? null,
    keep_one_in: options.keepOneIn,
  };
}
