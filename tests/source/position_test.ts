import assert from "node:assert/strict";
import { formatPosition, positionAt } from "../../lib/source/position.ts";

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
  const start = performance.now();
  const columns: number[] = [];
  for (let at = 3; at < length; at += 3) {
    columns.push(positionAt(source, at, at + 1).column);
  }
  assert.deepEqual(columns.slice(0, 2), [3, 6]);
  assert.equal(positionAt(source, 6, 7).column, 6);
  assert.equal(positionAt(source, length, length).column, 5);
  assert.ok(performance.now() - start < 2000);
});
