// deno task conformance [--engine NAME]... [--json]: the table of tolerances, and how far each engine is from float64.
import { parseArgs } from "node:util";
import {
  ENGINE_NAMES,
  type EngineName,
} from "../../lib/engine_setup/engine_choice.ts";
import { engineNamed, startHere } from "./engine_under_test.ts";
import { checkOp } from "./suite.ts";
import { TOLERANCES } from "./tolerances.ts";

/** A row as data; gradients are null where there is none. */
interface Row {
  readonly kernel: string;
  readonly cases: number;
  readonly value: number;
  readonly gradient: number | null;
  readonly problems: readonly string[];
}

const { values } = parseArgs({
  args: Deno.args,
  options: {
    engine: { type: "string", multiple: true },
    json: { type: "boolean", default: false },
  },
});
const names = (values.engine ?? [...ENGINE_NAMES]).map(engineNamed);
const found = new Map<EngineName, Row[]>();
for (const name of names) {
  if (await startHere(name) === null) continue;
  const rows: Row[] = [];
  for (const tolerance of TOLERANCES) {
    const { cases, worst, problems } = await checkOp(tolerance);
    rows.push({ kernel: tolerance.kernel, cases, ...worst, problems });
  }
  found.set(name, rows);
}
if (values.json) {
  const engines = Object.fromEntries(found);
  console.log(JSON.stringify({ tolerances: TOLERANCES, engines }, null, 2));
} else printTable();
const problems = [...found].flatMap(([name, rows]) =>
  rows.flatMap(({ kernel, problems }) =>
    problems.map((problem) => `${name}: ${kernel} ${problem}`)
  )
);
for (const problem of problems) console.error(problem);
Deno.exit(problems.length === 0 ? 0 : 1);

function printTable(): void {
  const head = ["operation", "cases", "value", "gradient"];
  for (const name of found.keys()) head.push(`${name}: value`, "gradient");
  console.log(line(head));
  TOLERANCES.forEach(({ kernel, value, gradient }, at) => {
    const [first] = found.values();
    const cells = [kernel, String(first?.[at]?.cases ?? 0)];
    cells.push(figure(value), figure(gradient));
    for (const rows of found.values()) {
      cells.push(figure(rows[at]!.value), figure(rows[at]!.gradient));
    }
    console.log(line(cells));
  });
  console.log(
    "\nvalue, gradient: allowed; then each engine's largest difference over the largest number of the float64 reference",
  );
}

/** Columns: the operation, the number of cases, then figures. */
function line([operation, cases, ...figures]: readonly string[]): string {
  const wide = figures.map((one) => one.padEnd(19)).join("");
  return `${operation!.padEnd(24)}${cases!.padEnd(7)}${wide}`.trimEnd();
}

function figure(value: number | null): string {
  if (value === null) return "-";
  return value === 0 ? "0" : value.toExponential(1);
}
