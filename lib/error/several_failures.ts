// Checks that do not depend on one another: all are made, and everything that they refuse is told in one answer.
import { Failure } from "./failure.ts";

/** More than one failure at once; each has its own message and hint. */
export class SeveralFailures extends Failure {
  /** Name of the class. */
  override readonly name: string = "SeveralFailures";

  /** The first one gives the exit code. */
  constructor(readonly failures: readonly [Failure, ...Failure[]]) {
    const [first] = failures;
    super(first.exitCode, failures.map(({ message }) => message).join("\n"), {
      cause: first,
    });
  }
}

/** Gathers what checks throw. */
export class GatheredFailures {
  readonly #failures: Failure[] = [];

  /** Makes a check; undefined where it fails. What another check has told already is told once. A defect goes on up. */
  async of<T>(check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const isTold = this.#failures.some(({ message }) =>
        message === error.message
      );
      if (!isTold) this.#failures.push(error);
      return undefined;
    }
  }

  /** @throws the only failure, or all of them as {@linkcode SeveralFailures} */
  throwAny(): void {
    const [first, ...rest] = this.#failures;
    if (first === undefined) return;
    throw rest.length === 0 ? first : new SeveralFailures([first, ...rest]);
  }
}
