// SC1 to SC4: every key of a FluxFlow file is known here, docs/from-fluxflow.md tells of each, and of each default that differs.
import assert from "node:assert/strict";
import * as v from "valibot";
import { LEGACY_STEP } from "../../lib/catalog/pipeline_file.ts";
import { pipelineJsonSchema } from "../../lib/config/pipeline_json_schema.ts";
import { schemaKeys } from "../config/schema_paths.ts";
import { ORIGINAL_KEYS } from "./original_keys.ts";

const PAPER = Deno.readTextFileSync("docs/from-fluxflow.md");
const keys = schemaKeys(JSON.parse(JSON.stringify(pipelineJsonSchema())));

/** Defaults of the schema by the original's path; of a typed entry one for each type that has the key. */
const ours = new Map<string, { type: string | null; fallback: unknown }[]>();
for (const { path, fallback } of keys) {
  const type = /<([^<>]*)>\.[^.]*$/.exec(path)?.[1] ?? null;
  const plain = path.slice(1).replaceAll(/<[^<>]*>/g, "");
  ours.set(plain, [...ours.get(plain) ?? [], { type, fallback }]);
}
// The schema for editors leaves out what only a file without steps has.
ours.set("training.n_epochs", [
  { type: null, fallback: v.getDefaults(LEGACY_STEP).n_epochs },
]);

/** Cells of the data rows of a table of the paper, which stands below a heading of its own. */
function rowsBelow(heading: string): string[][] {
  const from = PAPER.indexOf(`# ${heading}\n`);
  assert.ok(from >= 0, heading);
  const end = PAPER.indexOf("\n#", from);
  return PAPER.slice(from, end).split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))
    .filter(([key]) => key !== "key" && !/^-+$/.test(key!));
}

const PIPELINE = "training.pipeline";
/** Headings of the tables of keys, and where those keys stand in a file. */
const TABLES: Readonly<Record<string, string>> = {
  "The file": "",
  "`training.pipeline`": `${PIPELINE}.`,
  "An entry of `datasets`": `${PIPELINE}.datasets.*.`,
  "A step": `${PIPELINE}.steps.`,
  "`transition_on`": `${PIPELINE}.steps.transition_on.`,
  "An entry of `optimization.optimizers`":
    `${PIPELINE}.steps.optimization.optimizers.*.`,
  "An entry of `optimization.schedulers`":
    `${PIPELINE}.steps.optimization.schedulers.*.`,
};

/** As the table of defaults has it: `schedulers.ExponentialLR.gamma`, or `optimizers.*.lr` where all types are alike. */
function shownKey(path: string, type: string | null): string {
  const short = path.replace(/^training\.pipeline\.(.*optimization\.)?/, "");
  const same = new Set(ours.get(path)!.map(({ fallback }) => text(fallback)));
  return same.size === 1 ? short : short.replace("*", type ?? "*");
}

function text(value: unknown): string {
  if (value === "") return "null";
  if (typeof value === "number" && value !== 0 && Math.abs(value) < 1e-4) {
    return value.toExponential();
  }
  return value !== null && typeof value === "object"
    ? JSON.stringify(value)
    : String(value ?? null);
}

Deno.test("SC1-2: every key that a FluxFlow file may have is one of the schema", () => {
  const missing = Object.keys(ORIGINAL_KEYS).filter((key) => !ours.has(key));
  assert.deepEqual(missing, []);
});

Deno.test("docs/from-fluxflow.md tells of every key of a FluxFlow file, with its default, and of no other", () => {
  const told = Object.entries(TABLES).flatMap(([heading, prefix]) =>
    rowsBelow(heading).map(([key, fallback, here]) => {
      assert.ok(here!.length > 3, key);
      return `${prefix}${key}: ${fallback}`;
    })
  );
  const facts = Object.entries(ORIGINAL_KEYS).map(([key, fallback]) =>
    `${key}: ${fallback === null ? "-" : text(fallback)}`
  );
  assert.deepEqual(told.toSorted(), facts.toSorted());
});

Deno.test("SC3-4: defaults are FluxFlow's, but for those in the table of docs/from-fluxflow.md", () => {
  const differing = Object.entries(ORIGINAL_KEYS).flatMap(([path, theirs]) =>
    ours.get(path)!.flatMap(({ type, fallback }) => {
      const isSame = text(fallback) === text(theirs) ||
        // A default that FluxFlow leaves to the type is the type's own here.
        (theirs === null && path.includes(".*.")) ||
        // The types tell themselves apart by their own names.
        path.endsWith("s.*.type");
      return isSame
        ? []
        : [`${shownKey(path, type)}: ${text(theirs)} is ${text(fallback)}`];
    })
  );
  const told = rowsBelow("Defaults that differ").map(([key, theirs, here]) =>
    `${key}: ${theirs} is ${here}`
  );
  assert.deepEqual([...new Set(differing)].toSorted(), told.toSorted());
});
