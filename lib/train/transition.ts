// When a train step ends: after its epochs, or when a metric has reached a threshold.

/** The rule that ends a train step. Epochs are counted from the start of the step. */
export type Transition =
  | { readonly kind: "after_epochs"; readonly epochs: number }
  | {
    readonly kind: "metric_reaches";
    readonly metric: string;
    readonly threshold: number;
    readonly direction: "below" | "above";
    /** Values that the mean is taken over; fewer decide nothing. */
    readonly window: number;
    /** The step ends after so many epochs in any case. */
    readonly maxEpochs: number;
  };

/** Whether the step ends, and why, or what it waits for. */
export interface Judgement {
  readonly ends: boolean;
  readonly reason: string;
}

/** Epochs that the step makes at most. */
export function mostEpochs(transition: Transition): number {
  return transition.kind === "after_epochs"
    ? transition.epochs
    : transition.maxEpochs;
}

/**
 * Judges at the end of an epoch.
 *
 * `epochsDone` counts the one that ends now. `mean` is the window's mean of the transition's metric; undefined while the
 * window is not full.
 */
export function judgeTransition(
  transition: Transition,
  epochsDone: number,
  mean: number | undefined,
): Judgement {
  switch (transition.kind) {
    case "after_epochs":
      return {
        ends: epochsDone >= transition.epochs,
        reason: epochsDone >= transition.epochs
          ? `completed ${transition.epochs} ${
            transition.epochs === 1 ? "epoch" : "epochs"
          }`
          : `epoch ${epochsDone}/${transition.epochs}`,
      };
    case "metric_reaches":
      return judgeMetric(transition, epochsDone, mean);
    default:
      return transition satisfies never;
  }
}

function judgeMetric(
  transition: Transition & { readonly kind: "metric_reaches" },
  epochsDone: number,
  mean: number | undefined,
): Judgement {
  const { metric, threshold, direction, maxEpochs, window } = transition;
  const sign = direction === "below" ? "<" : ">";
  const reached = mean !== undefined &&
    (direction === "below" ? mean < threshold : mean > threshold);
  if (reached) {
    return {
      ends: true,
      reason: `threshold met: ${metric} ${show(mean)} ${sign} ${threshold}`,
    };
  }
  if (epochsDone >= maxEpochs) {
    const most = `${maxEpochs} ${maxEpochs === 1 ? "epoch" : "epochs"}`;
    return { ends: true, reason: `maximum of ${most} reached` };
  }
  const state = mean === undefined
    ? `collecting ${window} values of ${metric}`
    : `${metric} ${show(mean)}, target ${sign} ${threshold}`;
  return { ends: false, reason: state };
}

function show(value: number): string {
  return value.toFixed(4);
}
