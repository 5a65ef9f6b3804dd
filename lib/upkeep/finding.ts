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

/** What is wrong at `place`, where looking at it ended with `error`; a defect goes on up. */
export function findingOf(place: string, error: unknown): Finding {
  return findingIn(place, reasonOf(error));
}

/** What is wrong at `place` in the words of a message, which may begin with the place: whoever shows a finding names it in front. */
export function findingIn(place: string, reason: string): Finding {
  const start = ["read", "use"].map((verb) => `Cannot ${verb} "${place}": `)
    .find((start) => reason.startsWith(start)) ?? "";
  return { place, reason: reason.slice(start.length) };
}

/** The words of an expected failure, or of a file system that refuses; a defect goes on up. */
function reasonOf(error: unknown): string {
  if (error instanceof Failure) return error.message;
  const problem = accessProblem(error);
  if (problem?.kind === "system") return problem.text;
  throw error;
}
