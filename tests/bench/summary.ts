// From times to the figures that are printed: medians, and ratios to PyTorch of the same round.
import type { Lane, StepLane } from "./races.ts";

/** Losses of both sides may differ by this much before the first update. */
export const LOSS_TOLERANCE = 1e-3;

/** The middle of some numbers; the mean of the two middle ones where their count is even. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[at]!
    : (sorted[at - 1]! + sorted[at]!) / 2;
}

/** PyTorch's time over that of `lane`, the median over rounds: above 1 `lane` is faster. */
export function ratio(lane: Lane, torch: Lane): number {
  return median(torch.ms.map((ms, round) => ms / lane.ms[round]!));
}

/** PyTorch among the lanes: with as many threads as `threads`, else the one with most. */
export function torchLane<L extends Lane>(
  lanes: readonly L[],
  threads?: number | null,
): L | undefined {
  const sides = lanes.filter(({ isTorch }) => isTorch);
  return sides.find((lane) => lane.threads === threads) ?? sides[0];
}

/** What makes a comparison worthless; empty when both sides did the same. */
export function disagreements(lanes: readonly StepLane[]): string[] {
  const base = torchLane(lanes) ?? lanes[0];
  if (base === undefined) return [];
  return lanes.flatMap(({ title, parameters, firstLoss }) => [
    ...(parameters === base.parameters ? [] : [
      `${title} trains ${parameters} numbers, ${base.title} ${base.parameters}`,
    ]),
    ...(Math.abs(firstLoss - base.firstLoss) <= LOSS_TOLERANCE ? [] : [
      `${title} starts at a loss of ${firstLoss}, ${base.title} at ${base.firstLoss}`,
    ]),
  ]);
}
