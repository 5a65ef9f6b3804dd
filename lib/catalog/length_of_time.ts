// A length of time as people write it in a pipeline.
import * as v from "valibot";
import { finiteNumber, type ValueSchema } from "./option.ts";

const A_DURATION =
  "seconds as a number above 0, or a text such as 90s, 30m, 2h or 1d";

/** Seconds as a number, or a text with a unit. */
export const lengthOfTime: ValueSchema<string | number> = v.union(
  [
    finiteNumber({ above: 0 }),
    v.pipe(
      v.string(),
      v.regex(/^(?=.*[1-9])\d+(\.\d+)?\s*(s|m|h|d)$/, A_DURATION),
    ),
  ],
  A_DURATION,
);
