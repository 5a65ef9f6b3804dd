// Commands that are about one run: of a pipeline with a matrix they need to know which.
import type { LoadOptions } from "../config/load_pipeline.ts";

/** How such a command loads a pipeline. */
export function oneRun(
  { cell }: { readonly cell?: string | undefined },
): Pick<LoadOptions, "cell" | "needsOneRun"> {
  return { needsOneRun: true, ...(cell === undefined ? {} : { cell }) };
}
