// How much of a page each step may take, so that a run of two hundred steps still opens at once.
import { MOST_POINTS } from "./curves.ts";
import type { RunFacts } from "./run_facts.ts";
import type { Frame, Strip } from "./picture_strips.ts";

/** Characters of all charts together. */
const CHART_CHARACTERS = 1_100_000;
/** Bytes of all pictures together, before they are written as text. */
const PICTURE_BYTES = 900_000;
/** Characters of a chart without its curves: axes, labels, description. */
const CHART_FRAME = 1500;
/** Characters of one point in a path. */
const POINT = 6;
const FEWEST_POINTS = 40;

/** A step's share. */
export interface PageBudget {
  /** Most charts of one step. */
  readonly charts: number;
  /** Most points of one curve. */
  readonly points: number;
  /** Bytes of one step's pictures. */
  readonly pictureBytes: number;
}

/** Equal shares for all steps that have something to show. */
export function pageBudget({ steps }: RunFacts): PageBudget {
  const drawn = Math.max(
    1,
    steps.filter(({ curves }) => curves !== null).length,
  );
  const pictured = Math.max(
    1,
    steps.filter(({ strips }) => strips.length > 0).length,
  );
  const share = CHART_CHARACTERS / drawn;
  const charts = Math.min(
    24,
    Math.max(2, Math.floor(share / (CHART_FRAME + 2 * FEWEST_POINTS * POINT))),
  );
  // Three curves to a chart is a lot: raw, smooth, held out.
  const points = (share / Math.min(charts, 12) - CHART_FRAME) / (3 * POINT);
  return {
    charts,
    points: Math.floor(
      Math.min(MOST_POINTS, Math.max(FEWEST_POINTS, points)),
    ),
    pictureBytes: PICTURE_BYTES / pictured,
  };
}

/** The frames of a strip that fit into `bytes`: the last, the first, and others evenly between. */
export function chosenFrames(
  { frames }: Strip,
  bytes: number,
): readonly Frame[] {
  const total = frames.reduce((sum, frame) => sum + frame.bytes, 0);
  if (total <= bytes) return frames;
  const count = Math.floor(bytes / (total / frames.length));
  if (count <= 1) {
    const last = frames.at(-1);
    return last === undefined || last.bytes > bytes ? [] : [last];
  }
  const places = Array.from(
    { length: count },
    (_, at) => Math.round(at * (frames.length - 1) / (count - 1)),
  );
  return [...new Set(places)].map((at) => frames[at]!);
}
