// What may be said about two arms: no more than the interval of their paired difference shows.
import type { Interval } from "./bootstrap.ts";

/** What the interval shows for the treatment. */
export type VerdictOutcome = "better" | "worse" | "no_difference_shown";

/** What a verdict is about. */
export interface VerdictSubject {
  readonly metric: string;
  /** Which way the metric improves. */
  readonly direction: "lower" | "higher";
  /** Mean over pictures of treatment minus control. */
  readonly difference: number;
  /** Interval of that mean. */
  readonly interval: Interval;
  /** Its level; 0.95 where it is left out. */
  readonly level?: number;
  /** Pictures. */
  readonly count: number;
  /** Names of the arms. */
  readonly treatment: string;
  readonly control: string;
  /** Seeds that both arms were trained with. */
  readonly seeds: number;
}

/** An outcome and the sentence that says it. */
export interface Verdict {
  readonly outcome: VerdictOutcome;
  readonly sentence: string;
}

/** Judges by the interval alone: one that holds 0 shows no difference, however large the difference looks. */
export function verdict(subject: VerdictSubject): Verdict {
  const { metric, treatment, control, difference } = subject;
  const outcome = outcomeOf(subject);
  const evidence = scopeOf(subject);
  if (outcome === "no_difference_shown") {
    return {
      outcome,
      sentence:
        `No difference shown between "${treatment}" and "${control}" in ${metric}: ${
          signed(difference)
        }, ${evidence}`,
    };
  }
  return {
    outcome,
    sentence:
      `"${treatment}" is ${outcome} than "${control}" in ${metric}, where ${subject.direction} is better: ${
        signed(difference)
      }, ${evidence}`,
  };
}

function outcomeOf(
  { interval: [low, high], direction }: VerdictSubject,
): VerdictOutcome {
  // Written so that an interval with a NaN shows nothing.
  const isSettled = low > 0 || high < 0;
  if (!isSettled) return "no_difference_shown";
  return (high < 0) === (direction === "lower") ? "better" : "worse";
}

/** An interval over pictures says nothing about other seeds or data: the sentence has to say so. */
function scopeOf(
  { interval: [low, high], level = 0.95, count, seeds }: VerdictSubject,
): string {
  const seedWords = seeds === 1 ? "one seed" : `${seeds} seeds`;
  return `${Math.round(level * 100)} % interval ${signed(low)} to ${
    signed(high)
  } over ${count} images, ${seedWords}`;
}

function signed(value: number): string {
  const text = value.toPrecision(3);
  return value > 0 ? `+${text}` : text;
}
