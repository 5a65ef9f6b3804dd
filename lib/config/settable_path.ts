// Which options the cells of a matrix may set.
import type { Place } from "../source/located_tree.ts";
import type { Report } from "./report.ts";

/** Parts of a pipeline that cells cannot set, with what to do instead. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ["seed", "Write the seeds into matrix.seeds"],
  ["name", "Cells are named by their values"],
  ["matrix", "A matrix has no matrix of its own"],
  ["schedule", "Every cell runs when the pipeline does"],
]);

/** Whether cells may set the option at `path`; otherwise that is reported. `use` is what the path was given as, such as `an axis of a matrix`. */
export function isSettablePath(
  path: string,
  { use, place }: { readonly use: string; readonly place: Place },
  report: Report,
): boolean {
  const parts = path.split(".").map((part) => part.trim());
  const fault = parts.includes("")
    ? ": it is not of the form key.key"
    : parts.includes("__proto__")
    ? ': "__proto__" cannot be a key'
    : "";
  const instead = INSTEAD.get(parts[0] ?? "");
  if (fault === "" && instead === undefined) return true;
  report.error(
    place,
    `Cannot use "${path}" as ${use}${fault}`,
    instead ?? "Write for example training.pipeline.defaults.lr",
  );
  return false;
}
