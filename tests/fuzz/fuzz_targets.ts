// Every reader of what others write, or may have changed.
import { formatTargets } from "./format_targets.ts";
import type { ReaderTarget } from "./reader_target.ts";
import { recordTargets } from "./record_targets.ts";
import { textTargets } from "./text_targets.ts";

/** All of them; those that read files have them below `folder`. */
export async function fuzzTargets(folder: string): Promise<ReaderTarget[]> {
  return [
    ...await formatTargets(folder),
    ...textTargets(folder),
    ...await recordTargets(folder),
  ];
}
