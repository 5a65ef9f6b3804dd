// Which failures get another attempt, and after how long.

/** A step's `retry` key. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** Wait before the second attempt; it doubles each time. */
  readonly backoff_seconds: number;
}

// Beyond this a longer wait only hides that something is wrong.
const LONGEST_DELAY_MS = 3_600_000;

/** Milliseconds until the next attempt; null where attempt number `attempt` (from 1) was the last one. */
export function retryDelayMs(
  policy: RetryPolicy,
  attempt: number,
): number | null {
  if (attempt >= policy.attempts) return null;
  const delayMs = policy.backoff_seconds * 1000 * 2 ** (attempt - 1);
  return Math.min(delayMs, LONGEST_DELAY_MS);
}
