// Every mistake that a file can hold, with the places and words of what is said about it: the tables are in tests/fixtures/config.
import assert from "node:assert/strict";
import * as v from "valibot";
import { parse } from "yaml";
import { refusalsOf } from "./refusals.ts";

const ROWS = v.array(
  v.strictObject({
    name: v.string(),
    text: v.string(),
    found: v.array(v.string()),
  }),
);
const TABLES = [
  "document",
  "sections",
  "step",
  "optimization",
  "transition",
  "references",
];

for (const table of TABLES) {
  Deno.test(`loadPipeline() refuses mistakes of the kind "${table}", each at its place`, async (t) => {
    const file = new URL(
      `../fixtures/config/refused_${table}.yaml`,
      import.meta.url,
    );
    for (
      const { name, text, found } of v.parse(
        ROWS,
        parse(await Deno.readTextFile(file)),
      )
    ) {
      await t.step(
        name,
        async () => assert.deepEqual(await refusalsOf(text), found),
      );
    }
  });
}

Deno.test("loadPipeline() bounds what aliases unfold to and how deep lists nest", async () => {
  const nine = (name: string) => `[${Array(9).fill(name).join(",")}]`;
  const bomb = ["a", "b", "c", "d", "e", "f"].map((name, index) =>
    `${name}: &${name} ${nine(index === 0 ? "x" : `*${"abcdef"[index - 1]}`)}\n`
  ).join("");
  assert.deepEqual(await refusalsOf(bomb), [
    '1:20 Cannot read "p.yaml": it unfolds to more than 200000 values',
  ]);
  assert.deepEqual(await refusalsOf("[".repeat(20_000)), [
    '1:1 Cannot read "p.yaml": it is nested too deeply',
  ]);
  const huge = `# ${"x".repeat(4 * 1024 * 1024)}`;
  assert.deepEqual(await refusalsOf(huge), [
    '1:1 Cannot read "p.yaml": it has 4194306 characters, at most 4194304 are read',
  ]);
});
