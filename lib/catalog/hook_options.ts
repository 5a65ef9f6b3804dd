// What is told to somebody when a run ends: `on_success` and `on_failure` at the top of a file. They change no result.
import * as v from "valibot";
import { lengthOfTime } from "./length_of_time.ts";
import {
  closedMap,
  nullable,
  option,
  someText,
  wholeNumber,
} from "./option.ts";

/** Ends of a run that can be told. */
export const HOOKS = ["on_success", "on_failure"] as const;
/** One of {@linkcode HOOKS}. */
export type HookName = typeof HOOKS[number];

/** Schema of one hook. */
export const HOOK = closedMap({
  command: nullable(
    v.pipe(v.array(v.string()), v.minLength(1)) as v.GenericSchema<
      string[],
      string[]
    >,
    "A program and its arguments; no shell reads them, unless it is the program",
  ),
  url: nullable(
    someText(),
    "Address that gets what ended as JSON, by POST; ${NAME} stands for an environment variable, ${file:PATH} for a file's content",
  ),
  headers: option(
    v.record(someText(), v.string()) as v.GenericSchema<
      Record<string, string>,
      Record<string, string>
    >,
    {},
    "Headers of the request; ${NAME} and ${file:PATH} as in url",
  ),
  timeout: option(
    lengthOfTime,
    "30s",
    "Longest time for all attempts together; then it is ended",
  ),
  attempts: option(
    wholeNumber({ min: 1, max: 10 }),
    3,
    "Attempts to reach the address; the pause between doubles from one second",
  ),
});

/** One hook after its checks: it has a command, an address, or both. */
export type HookEntry = Readonly<v.InferOutput<typeof HOOK>>;
/** The hooks of a pipeline; null where it has none. */
export type RunHooks = Readonly<Record<HookName, HookEntry | null>>;

/** What stands for a secret in a text: the name of an environment variable, or `file:` and a path. */
export const SECRET_REFERENCE = /\$\{(file:[^}]+|[A-Za-z_][A-Za-z0-9_]*)\}/g;
