// Two curves drawn in letters, for a terminal. Each column is the mean of the values that fall into it.

/** One point of a curve. */
export type Point = readonly [x: number, y: number];

/** How the curves are drawn. */
export interface TextChart {
  readonly a: readonly Point[];
  readonly b: readonly Point[];
  /** Characters of the plot, without its axis. */
  readonly width: number;
  readonly height: number;
  readonly format: (value: number) => string;
}

/** Lines of the chart: `A` and `B` are the curves, `#` is where both are. A logarithmic axis is used where all values allow it. */
export function textChart(
  { a, b, width, height, format }: TextChart,
): string[] {
  const all = [...a, ...b];
  if (all.length === 0) return [];
  const [left, right] = spanOf(all.map(([x]) => x));
  const columns = [a, b].map((points) =>
    columnMeans(points, { left, right, width })
  );
  const means = columns.flat().filter((mean) => mean !== null);
  const isLog = means.every((mean) => mean > 0);
  const scale = isLog ? Math.log10 : (value: number) => value;
  const [low, high] = spanOf(means);
  const rowOf = (value: number) => {
    const share = high === low
      ? 0.5
      : (scale(value) - scale(low)) / (scale(high) - scale(low));
    return Math.round((1 - share) * (height - 1));
  };
  const grid = Array.from(
    { length: height },
    () => Array<string>(width).fill(" "),
  );
  for (const [at, letter] of ["A", "B"].entries()) {
    for (const [column, mean] of columns[at]!.entries()) {
      if (mean === null) continue;
      const row = grid[rowOf(mean)]!;
      row[column] = row[column] === " " ? letter : "#";
    }
  }
  const labels = grid.map((_, row) =>
    row === 0 ? format(high) : row === height - 1 ? format(low) : ""
  );
  const margin = Math.max(...labels.map((label) => label.length));
  const lines = grid.map((row, at) =>
    `${labels[at]!.padStart(margin)} |${row.join("")}`.trimEnd()
  );
  const [start, end] = [String(left), String(right)];
  const gap = Math.max(1, width - start.length - end.length);
  return [
    ...lines,
    `${" ".repeat(margin)} +${"-".repeat(width)}`,
    `${" ".repeat(margin + 2)}${start}${" ".repeat(gap)}${end}`,
  ];
}

function columnMeans(
  points: readonly Point[],
  { left, right, width }: {
    readonly left: number;
    readonly right: number;
    readonly width: number;
  },
): (number | null)[] {
  const sums = Array.from({ length: width }, () => ({ sum: 0, count: 0 }));
  for (const [x, y] of points) {
    const share = right === left ? 0 : (x - left) / (right - left);
    const column = sums[Math.min(width - 1, Math.floor(share * width))]!;
    column.sum += y;
    column.count++;
  }
  return bridged(
    sums.map(({ sum, count }) => count === 0 ? null : sum / count),
  );
}

/** A column that no value falls into lies on the line between its neighbours. */
function bridged(means: readonly (number | null)[]): (number | null)[] {
  const filled = [...means];
  let last: { readonly at: number; readonly mean: number } | null = null;
  for (const [at, mean] of means.entries()) {
    if (mean === null) continue;
    for (let gap = (last?.at ?? at) + 1; last !== null && gap < at; gap++) {
      const share = (gap - last.at) / (at - last.at);
      filled[gap] = last.mean + share * (mean - last.mean);
    }
    last = { at, mean };
  }
  return filled;
}

function spanOf(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
