// Work that depends on its inputs alone: an engine may keep it as one function instead of running its operations one by one.
import { tf } from "./tf.ts";

/** What tells one piece of work from another. */
export interface PureWork {
  /** Whose work it is: equal names of other owners are other work. */
  readonly owner: object;
  /** Everything that the work depends on beside its inputs' numbers and what never changes for the owner. Shapes are added. */
  readonly name: string;
  /** Every tensor that it reads and does not make, in the same order each time. */
  readonly inputs: readonly tf.Tensor[];
}

/** Results by name; the caller owns them. */
export type NamedResults = ReadonlyMap<string, tf.Tensor>;

/** Runs work as one function. The first run of a piece may call `body`, the later ones do not. */
export type WorkCompiler = (
  work: PureWork,
  body: () => NamedResults,
) => NamedResults;

const compilers = new Map<string, WorkCompiler>();

/** Gives the engine `name` a way to keep work as functions. */
export function registerWorkCompiler(
  name: string,
  compiler: WorkCompiler,
): void {
  compilers.set(name, compiler);
}

/**
 * The results of `body`. It must not look at numbers, and must compute the same from the same inputs: an engine may call it once and
 * then repeat the operations that it asked for. On one engine results are equal to the last bit whether it has run before or not.
 */
export function runPure(
  work: PureWork,
  body: () => NamedResults,
): NamedResults {
  const compiler = compilers.get(tf.getBackend());
  return compiler === undefined ? body() : compiler(work, body);
}
