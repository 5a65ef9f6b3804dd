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
