// What every reader of foreign bytes owes: a good value or one of our own errors, in bounded memory and time.
import process from "node:process";
import fc from "fast-check";
import { Failure } from "../../lib/error/failure.ts";

/** A reader and the inputs that are made for it. */
export interface ReaderTarget<Input = unknown> {
  /** Such as `safetensors`. */
  readonly name: string;
  readonly inputs: fc.Arbitrary<Input>;
  /** Reads one input. It may throw what a user can act on, and must throw something else where a good value breaks a promise. */
  readonly read: (input: Input) => Promise<void> | void;
  /** Whether an error is one of the reader's own that is no {@linkcode Failure}: its callers make one of it. */
  readonly isOwn?: (error: unknown) => boolean;
  /** What each message must name, such as the path of the file. */
  readonly place?: string;
  /** Bytes that reading may add to the process's memory at most. */
  readonly mostBytes?: number;
}

/** What was tried. */
export interface FuzzCount {
  readonly tried: number;
  /** Inputs that were read to a value, or to a reason in place of one. */
  readonly answered: number;
}

/** A text that is longer would fill a terminal. */
const LONGEST_MESSAGE = 5_000;
/** Far above what any input takes: only work that grows without a bound comes near. */
const MOST_CPU_MS = 10_000;
const MOST_BYTES = 512 * 1024 * 1024;

/**
 * Reads `times` inputs made from `seed`.
 *
 * @throws {Error} with the smallest input that breaks a promise
 */
export async function fuzz(
  target: ReaderTarget,
  { seed, times, onCase }: {
    readonly seed: number;
    readonly times: number;
    readonly onCase?: () => void;
  },
): Promise<FuzzCount> {
  let tried = 0;
  let answered = 0;
  forgetMemoryPeak();
  let mostMemory = memoryPeak() + (target.mostBytes ?? MOST_BYTES);
  const property = fc.asyncProperty(target.inputs, async (input) => {
    tried++;
    onCase?.();
    const before = process.cpuUsage();
    const problem = await problemOf(target, input, () => answered++);
    if (problem !== null) throw problem;
    const { user, system } = process.cpuUsage(before);
    const cpuMs = (user + system) / 1000;
    if (cpuMs > MOST_CPU_MS) throw new Error(`it took ${cpuMs} ms`);
    const peak = memoryPeak();
    if (peak > mostMemory) {
      // Once is enough: the peak never falls, and the search for a smaller input would take every one for too large.
      const most = mostMemory;
      mostMemory = Infinity;
      throw new Error(`memory grew to ${peak} bytes, at most ${most} expected`);
    }
  });
  const details = await fc.check(property, {
    ...{ seed, numRuns: times, endOnFailure: false, verbose: 0 },
    maxSkipsPerRun: 0,
  });
  if (details.failed) {
    throw new Error(
      `${target.name}, seed ${seed}, path ${details.counterexamplePath}: ${
        String(details.errorInstance)
      }\nsmallest input: ${shown(details.counterexample?.[0])}`,
      { cause: details.errorInstance },
    );
  }
  return { tried, answered };
}

/** Null where the input was read, or refused as it must be. */
async function problemOf(
  target: ReaderTarget,
  input: unknown,
  onValue: () => void,
): Promise<Error | null> {
  try {
    await target.read(input);
    onValue();
    return null;
  } catch (error) {
    if (target.isOwn?.(error) === true) return null;
    if (!(error instanceof Failure)) {
      return error instanceof Error ? error : new Error(String(error));
    }
    const { message, hint = "" } = error;
    if (message.length + hint.length > LONGEST_MESSAGE) {
      return new Error(`its message has ${message.length} signs`);
    }
    if (target.place !== undefined && !message.includes(target.place)) {
      return new Error(`no place in: ${message}`);
    }
    return message.includes("[object ")
      ? new Error(`no words in: ${message}`)
      : null;
  }
}

/** Lets the peak begin anew at what the process has now, where the system can (proc(5), clear_refs). */
function forgetMemoryPeak(): void {
  try {
    Deno.writeTextFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Then the peak of earlier readers stands, and only more than that is seen.
  }
}

/** The most memory that this process had, in bytes; 0 where the system does not tell. */
function memoryPeak(): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

function shown(input: unknown): string {
  const text = input instanceof Uint8Array
    ? `bytes ${input.toBase64()}`
    : JSON.stringify(input) ?? String(input);
  return text.length > 4000 ? `${text.slice(0, 4000)} ...` : text;
}
