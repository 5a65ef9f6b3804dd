// How much of a step's training was spent waiting for its data, over all attempts.
import type { TimingRow } from "./metric_log.ts";

/** Share of the time that was spent waiting for batches, 0 to 1; null where the rows hold no time. */
export function dataWaitShare(rows: readonly TimingRow[]): number | null {
  let waited = 0;
  let whole = 0;
  for (const { seconds } of rows) {
    waited += seconds["data"] ?? 0;
    for (const value of Object.values(seconds)) whole += value;
  }
  return whole > 0 ? Math.round(waited / whole * 1e4) / 1e4 : null;
}

/** `0.4 %`: enough digits to tell a little from nothing. */
export function waitText(share: number): string {
  const percent = share * 100;
  return `${
    percent >= 10 ? Math.round(percent) : Number(percent.toFixed(1))
  } %`;
}
