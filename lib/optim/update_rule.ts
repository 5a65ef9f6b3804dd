// What one optimizer type is: a formula over the numbers of one parameter. Tensors are the business of optimizer.ts.
import type { AdamNumbers } from "../tensor/fused_kernel.ts";

/** One update of one parameter. */
export interface UpdateStep {
  /** The learning rate in force. */
  readonly lr: number;
  /** Updates of this very parameter, this one included; from 1. */
  readonly count: number;
}

/** The numbers of one parameter; all arrays are of one length, and no two share memory. */
export interface UpdateNumbers {
  readonly gradient: Float32Array;
  /** Overwritten by the update. */
  readonly weights: Float32Array;
  /** Overwritten by the update; in the order of {@linkcode UpdateRule.slots}. */
  readonly slots: readonly Float32Array[];
}

/**
 * An element-wise formula. It computes in float64 and stores float32, so the outcome depends on no engine and no order of
 * summation.
 */
export interface UpdateRule {
  /** Names of what is remembered per parameter, in PyTorch's words. */
  readonly slots: readonly string[];
  /** What each slot starts at; 0 by default. */
  readonly slotStart?: number;
  /** Overwrites the weights and every slot. */
  update(numbers: UpdateNumbers, step: UpdateStep): void;
  /** The same formula as one kernel, for engines that have it; absent where there is none. */
  readonly fused?: (step: UpdateStep) => AdamNumbers;
}

/**
 * The array of one slot.
 *
 * @throws {RangeError} when the rule declares fewer slots than it reads.
 */
export function slotAt(
  slots: readonly Float32Array[],
  index: number,
): Float32Array {
  const found = slots[index];
  if (found === undefined) {
    throw new RangeError(
      `Cannot read slot ${index} of an update rule: it declares ${slots.length}`,
    );
  }
  return found;
}
