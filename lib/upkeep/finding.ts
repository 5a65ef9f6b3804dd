// What a check of stored work finds, and the words for what was thrown on the way.
import { Failure } from "../error/failure.ts";
import { accessProblem } from "../worker/access_problem.ts";

/** Something that is not as it was written. */
export interface Finding {
  /** Path of the file or folder. */
  readonly place: string;
  /** One clause, without a full stop. */
  readonly reason: string;
}

/** The words of an expected failure, or of a file system that refuses; a defect goes on up. */
export function reasonOf(error: unknown): string {
  if (error instanceof Failure) return error.message;
  const problem = accessProblem(error);
  if (problem?.kind === "system") return problem.text;
  throw error;
}
