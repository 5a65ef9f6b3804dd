// Every number of FluxFlow's acceptance list is in the name of a test, or README.md here says which test covers it or why none can.
import assert from "node:assert/strict";
import { join } from "node:path";

/** Groups of FluxFlow's list, each with its highest number; NX are what its suite lacks. */
const GROUPS: Readonly<Record<string, number>> = {
  PC: 32,
  MD: 21,
  PO: 29,
  FF: 9,
  PI: 10,
  OF: 35,
  SF: 40,
  RS: 21,
  RE: 14,
  PL: 13,
  TM: 13,
  KB: 9,
  ST: 10,
  KI: 2,
  LO: 38,
  TU: 41,
  CF: 15,
  TR: 45,
  DS: 27,
  SC: 10,
  EM: 17,
  VA: 16,
  FL: 14,
  GA: 17,
  TS: 6,
  GN: 5,
  GP: 14,
  NX: 20,
};
/** Test functions of FluxFlow's suite, which its list counts. */
const ORIGINAL_TESTS = 523;

const README = "tests/fluxflow/README.md";
/** Shorter ones say nothing. */
const SHORTEST_REASON = 30;

/** A test's name up to its colon, such as `RS1, RS2, RS10-12`. */
const NUMBERED = /^((?:[A-Z]{2}\d+(?:-\d+)?(?:, )?)+): /;

/** `LO5-7` is LO5, LO6, LO7. */
function numbersIn(text: string): string[] {
  return [...text.matchAll(/([A-Z]{2})(\d+)(?:-(\d+))?/g)].flatMap(
    ([, group = "", first, last]) => {
      const count = Number(last ?? first) - Number(first) + 1;
      assert.ok(count > 0, text);
      return Array.from(
        { length: count },
        (_, at) => `${group}${Number(first) + at}`,
      );
    },
  );
}

function* testFiles(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* testFiles(path);
    else if (name.endsWith("_test.ts")) yield path;
  }
}

/** Names of the tests that a file registers; those of a table have its numbers in front. */
function testNames(source: string): string[] {
  const registered = [...source.matchAll(
    /(?:Deno\.test|testWith)\(\s*(?:[A-Z_]+,\s*)?(["`])([^]*?)\1/g,
  )].map(([, , name = ""]) => name);
  const table = registered.some((name) => name.startsWith("${number}: "))
    ? [...source.matchAll(/\["([A-Z]{2}\d+)", /g)].map(([, number]) =>
      `${number}: of a table`
    )
    : [];
  return [...registered, ...table];
}

interface Row {
  readonly numbers: readonly string[];
  readonly file: string;
  readonly text: string;
}

/** Table rows of README.md. */
function readRows(): Row[] {
  return Deno.readTextFileSync(README).split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    const [, numbers = "", file = "", text = ""] = cells;
    return /^[A-Z]{2}\d/.test(numbers)
      ? [{ numbers: numbersIn(numbers), file, text }]
      : [];
  });
}

const wanted = Object.entries(GROUPS).flatMap(([group, last]) =>
  Array.from({ length: last }, (_, index) => `${group}${index + 1}`)
);
const rows = readRows();
const named = new Set(
  [...testFiles("tests")].flatMap((path) =>
    testNames(Deno.readTextFileSync(path)).flatMap((name) =>
      numbersIn(NUMBERED.exec(name)?.[1] ?? "")
    )
  ),
);

Deno.test("the groups are FluxFlow's 523 tests and 20 that it lacks", () => {
  assert.equal(wanted.length, ORIGINAL_TESTS + GROUPS["NX"]!);
});

Deno.test("every number has a test of its name or a row in tests/fluxflow/README.md, and no other number is there", () => {
  const listed = rows.flatMap(({ numbers }) => [...numbers]);
  const known = new Set([...named, ...listed]);
  assert.deepEqual(wanted.filter((number) => !known.has(number)), []);
  const all = new Set(wanted);
  assert.deepEqual([...known].filter((number) => !all.has(number)), []);
  assert.deepEqual(listed.filter((number) => named.has(number)), []);
});

Deno.test("tests/fluxflow/README.md names tests that exist, or says why there is none", async () => {
  const faults: string[] = [];
  for (const { numbers, file, text } of rows) {
    if (file === "-") {
      if (text.length < SHORTEST_REASON) faults.push(`${numbers}: no reason`);
      continue;
    }
    const source = await Deno.readTextFile(file).catch(() => "");
    if (!testNames(source).includes(text)) {
      faults.push(`${numbers}: "${text}" is no test of ${file}`);
    }
  }
  assert.deepEqual(faults, []);
});
