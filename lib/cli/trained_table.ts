// What the train steps of a run did, as a table below its closing one.
import { waitText } from "../metrics/data_wait.ts";
import { formatBytes } from "../disk/byte_count.ts";
import { counted, textTable } from "../plan/text_table.ts";
import type { StepSummary } from "../runner/run_summary.ts";

const COLUMNS = [
  ...["trained", "loss", "updates", "images"],
  ...["waiting for data", "left out", "frozen", "files"],
];

/** Lines of the table; none where no step has trained. */
export function trainedTable(steps: readonly StepSummary[]): string[] {
  const rows = steps.flatMap((step) =>
    step.trained === null ? [] : [rowOf(step, step.trained)]
  );
  return rows.length === 0 ? [] : textTable([COLUMNS, ...rows]);
}

function rowOf(
  { name, dataWaitShare, files }: StepSummary,
  trained: NonNullable<StepSummary["trained"]>,
): string[] {
  const { loss, updates, images, frozen } = trained;
  return [
    name,
    loss === null ? "-" : `${figure(loss.first)} to ${figure(loss.last)}`,
    updates === null ? "-" : String(updates),
    images === null ? "-" : String(images),
    dataWaitShare === null ? "-" : waitText(dataWaitShare),
    leftOut(trained),
    frozen.join(", ") || "-",
    files === null ? "-" : `${files.count}, ${formatBytes(files.bytes)}`,
  ];
}

/** `2 batches, 1 sample`: what was not finite, and what could not be read. */
function leftOut(
  { skipped, corrupt }: { readonly skipped: number; readonly corrupt: number },
): string {
  const parts = [
    ...(skipped === 0 ? [] : [counted(skipped, "batch", "batches")]),
    ...(corrupt === 0 ? [] : [counted(corrupt, "sample")]),
  ];
  return parts.join(", ") || "-";
}

function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}
