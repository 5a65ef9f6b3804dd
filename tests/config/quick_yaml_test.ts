// The quick reader of everyday YAML against the YAML package: the same values at the same places, or no answer.
import assert from "node:assert/strict";
import fc from "fast-check";
import { readQuickYaml } from "../../lib/config/quick_yaml.ts";
import { newReport } from "../../lib/config/report.ts";
import { readYaml } from "../../lib/config/yaml_document.ts";
import {
  type Located,
  type Place,
  placeAt,
} from "../../lib/source/located_tree.ts";
import type { SourceText } from "../../lib/source/position.ts";
import { mutatedText } from "../fuzz/mutated_bytes.ts";

/** The last three are everyday YAML. */
const PIPELINES = [
  "pipelines/spade.yaml",
  "pipelines/reference.yaml",
  "pipelines/fluxflow/multi_dataset.yaml",
  "pipelines/schedules.yaml",
  "tests/fixtures/pipelines/scripts.yaml",
  "tests/fixtures/config/spade.yaml",
].map((path) => Deno.readTextFileSync(path));

/** Pieces that mean something to a reader of YAML, in every order. */
const PIECES = [
  ...["a", "b", "key", "null", "true", "no", "~", "x y", "é", "it's", 'a"b'],
  ...["0", "-0", "+1", "012", "1_0", "0x1F", "0o7", "1.", ".5", "-1.50", "1e3"],
  ...["1.5e-3", ".inf", "-.INF", ".NaN", "1.2.3", "2h", "1e", "12:30", "-"],
  ...[": ", ":", "a: ", "b: ", "key:", "- ", "-", "? ", "<<: ", "{", "}", "["],
  ...["]", ", ", ",", " ", "  ", "    ", "\n", "\n", "\n  ", "\n    ", "#"],
  ...[" # c", '"', "'", '"q r"', "'s'", '"\\n"', "''", "'it''s'", "&x ", "*x"],
  ...["!t ", "|", ">", "@", "`", "%", "---", "...", "\t", "\r\n", "http://x/y"],
];

function quick(source: SourceText): Located | undefined {
  return readQuickYaml(source.text, {
    place: (start, end) => placeAt(source, start, end),
    ...{ mostValues: 200_000, deepest: 64 },
  });
}

/** As the package reads it: a tab is more than the quick reader takes. */
function packaged(text: string): unknown {
  const report = newReport();
  const tree = readYaml({ name: "t", text: `${text}\n#\t` }, report);
  return report.findings().length > 0 || tree === undefined
    ? report.findings().map(({ message }) => message)
    : shown(tree);
}

/** Values with their places, and what a frame would underline of them. */
function shown(tree: Located): unknown {
  const at = placeText(tree.place);
  if (tree.kind === "scalar") return [at, tree.value];
  return tree.kind === "list" ? [at, tree.items.map(shown)] : [
    at,
    ...[...tree.entries].map(([name, { key, value }]) => [
      ...[name, placeText(key), shown(value)],
    ]),
  ];
}

function placeText({ source, position }: Place): string {
  const { line, column, offset, length } = position;
  const span = source.text.slice(offset, offset + length).split("\n")[0]!;
  return `${line}:${column} ${span.trimEnd()}`;
}

/** Whether the quick reader answered. */
function checkAgainstPackage(text: string): boolean {
  const found = quick({ name: "t", text });
  if (found === undefined) return false;
  assert.deepEqual(shown(found), packaged(text));
  return true;
}

Deno.test("readQuickYaml() reads the pipelines of the project as the package does", () => {
  // The others close a bracket where its key stands, which YAML forbids and the package forgives.
  const read = PIPELINES.filter((text) => checkAgainstPackage(text));
  assert.deepEqual(read, PIPELINES.slice(3));
});

Deno.test("readQuickYaml() answers as the package does, or not at all, whatever stands in the text", () => {
  const pieces = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 });
  const texts = fc.oneof(
    { arbitrary: pieces.map((list) => list.join("")), weight: 4 },
    {
      arbitrary: pieces.map((list) => `a: ${list.join("")}\nb: 1\n`),
      weight: 4,
    },
    {
      arbitrary: pieces.map((list) => `l:\n- {k: [${list.join("")}]}\n`),
      weight: 3,
    },
    { arbitrary: mutatedText(PIPELINES.slice(4), PIECES), weight: 1 },
  );
  let answered = 0;
  fc.assert(
    fc.property(texts, (text) => {
      if (checkAgainstPackage(text)) answered++;
    }),
    { seed: 5, numRuns: 3000 },
  );
  assert.ok(answered > 100, `only ${answered} of the texts were everyday YAML`);
});
