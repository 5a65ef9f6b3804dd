import assert from "node:assert/strict";
import {
  formatPosition,
  positionAt,
  type SourceText,
} from "../../lib/source/position.ts";

Deno.test("positionAt() counts lines and characters from 1", () => {
  const source = { name: "f", text: "a\n\u{1f600}b\nlast" };
  const places = [0, 1, 2, 4, 6, 10, 99].map((offset) =>
    formatPosition(positionAt(source, offset, offset + 1))
  );
  assert.deepEqual(places, [
    "f:1:1",
    "f:1:2",
    "f:2:1",
    "f:2:2",
    "f:3:1",
    "f:3:5",
    "f:3:5",
  ]);
  assert.equal(positionAt({ name: "f", text: "\n\nx" }, 0, 1).line, 1);
  assert.equal(positionAt(source, 6, 99).length, 4);
});

Deno.test("positionAt() answers the same in any order, also on a line of many values", () => {
  const source = { name: "x", text: `é😀${"ab ".repeat(50_000)}\nlast` };
  const length = source.text.length;
  const columns: number[] = [];
  let cut = 0;
  const counted = countingCuts(source, (characters) => cut += characters);
  for (let at = 3; at < length; at += 3) {
    columns.push(positionAt(counted, at, at + 1).column);
  }
  // Each column is counted from the one before: no character is looked at twice.
  assert.ok(cut <= length, `${cut} of ${length} characters`);
  assert.deepEqual(columns.slice(0, 2), [3, 6]);
  assert.equal(positionAt(source, 6, 7).column, 6);
  assert.equal(positionAt(source, length, length).column, 5);
});

/** The text with a `slice` that tells how much is cut out of it. */
function countingCuts(
  { name, text }: SourceText,
  told: (characters: number) => void,
): SourceText {
  const counted = Object.assign(Object(text), {
    slice: (from: number, to: number) => {
      told(to - from);
      return text.slice(from, to);
    },
  });
  return { name, text: counted as string };
}
