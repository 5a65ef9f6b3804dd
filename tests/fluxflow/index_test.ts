// README.md here names, for every number of FluxFlow's acceptance list that is this folder's, a test that exists or a reason.
import assert from "node:assert/strict";

/** Groups of FluxFlow's list that README.md answers for, each with its highest number. */
const GROUPS: Readonly<Record<string, number>> = {
  PC: 32,
  MD: 21,
  PO: 29,
  FF: 9,
  PI: 10,
  RE: 14,
  PL: 13,
  SC: 10,
  NX: 20,
  TS: 6,
  GN: 5,
  GP: 14,
};

/** Shorter ones say nothing. */
const SHORTEST_REASON = 20;

interface Row {
  readonly number: string;
  readonly file: string;
  readonly text: string;
}

/** Every table row of the folder's papers that begins with a number. */
function readRows(): Row[] {
  const folder = "tests/fluxflow";
  const papers = [...Deno.readDirSync(folder)].map(({ name }) => name).filter(
    (name) => name.endsWith(".md"),
  );
  return papers.flatMap((name) => {
    const lines = Deno.readTextFileSync(`${folder}/${name}`).split("\n");
    return lines.flatMap((line) => {
      const cells = line.split("|").map((cell) => cell.trim());
      const [, number = "", file = "", text = ""] = cells;
      return /^[A-Z]{2}\d+$/.test(number) ? [{ number, file, text }] : [];
    });
  });
}

const rows = readRows();

Deno.test("tests/fluxflow/README.md names every number exactly once", () => {
  const wanted = Object.entries(GROUPS).flatMap(([group, last]) =>
    Array.from({ length: last }, (_, index) => `${group}${index + 1}`)
  );
  const missing = wanted.filter((one) =>
    !rows.some(({ number }) => number === one)
  );
  assert.deepEqual(missing, []);
  const numbers = rows.map(({ number }) => number);
  const twice = numbers.filter((one, index) => numbers.indexOf(one) !== index);
  assert.deepEqual(twice, []);
});

Deno.test("tests/fluxflow/README.md names tests that exist, or says why there is none", async () => {
  const faults: string[] = [];
  for (const { number, file, text } of rows) {
    if (file === "-") {
      if (text.length < SHORTEST_REASON) faults.push(`${number}: no reason`);
      continue;
    }
    const source = await Deno.readTextFile(file).catch(() => null);
    const isThere = source !== null &&
      (source.includes(text) || source.includes(JSON.stringify(text)));
    if (text === "" || !isThere) {
      faults.push(`${number}: "${text}" is not in ${file}`);
    }
  }
  assert.deepEqual(faults, []);
});
