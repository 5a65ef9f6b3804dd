// Which generations stay: the newest ones, and the best ones by a metric.
import type { CheckpointManifest } from "./checkpoint_manifest.ts";
import { MANIFEST_VERSION } from "./checkpoint_manifest.ts";
import type { Generation } from "./generation.ts";

/** What `checkpoint.keep_last` and `checkpoint.keep_best` ask for. */
export interface RetentionPolicy {
  /** At least 1; the one before the current stays in any case until its successor is verified. */
  readonly keepLast: number;
  readonly keepBest:
    | { readonly count: number; readonly lowerIsBetter: boolean }
    | null;
}

/**
 * The manifest after `current` was written. `usable` are the generations behind it, newest first, without those that
 * a resume found damaged, so that none of these becomes `previous`.
 */
export function nextManifest(
  current: Generation,
  usable: readonly Generation[],
  policy: RetentionPolicy,
): CheckpointManifest {
  const behind = usable.filter((generation) =>
    generation.folder !== current.folder
  )
    .sort((left, right) => right.globalStep - left.globalStep);
  const last = behind.slice(0, policy.keepLast - 1);
  return {
    version: MANIFEST_VERSION,
    current,
    previous: last[0] ?? null,
    older: last.slice(1),
    best: bestOf([current, ...behind], policy),
  };
}

function bestOf(
  generations: readonly Generation[],
  policy: RetentionPolicy,
): Generation[] {
  if (policy.keepBest === null) return [];
  const { count, lowerIsBetter } = policy.keepBest;
  const sign = lowerIsBetter ? 1 : -1;
  // Of equal scores the newer one wins: `generations` comes newest first and the sort is stable.
  return generations.filter((generation) => generation.score !== null)
    .sort((left, right) => sign * (left.score! - right.score!))
    .slice(0, count);
}
