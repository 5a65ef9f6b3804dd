import assert from "node:assert/strict";
import {
  exactValue,
  keyPlaceOf,
  type Located,
  mergeLocated,
  placeOf,
  plainValue,
} from "../../lib/source/located_tree.ts";
import { readYaml } from "../../lib/config/yaml_document.ts";
import { newReport } from "../../lib/config/report.ts";

function tree(text: string): Located {
  return readYaml({ name: "t", text }, newReport())!;
}

Deno.test("mergeLocated() merges maps, replaces lists and scalars, and replaces maps of another type", () => {
  const under = tree(
    "{ a: { x: 1, y: [1, 2] }, b: 2, o: { type: A, p: 1 }, same: { type: A, p: 1 } }",
  );
  const over = tree(
    "{ a: { y: [3] }, c: null, o: { type: B }, same: { type: A, q: 2 } }",
  );
  assert.deepEqual(exactValue(mergeLocated(under, over)), {
    a: { x: 1, y: [3] },
    b: 2,
    o: { type: "B" },
    same: { type: "A", p: 1, q: 2 },
    c: null,
  });
});

Deno.test("plainValue() leaves out keys whose value is null, exactValue() keeps them", () => {
  const written = tree("{ a: null, b: { c: ~, d: [null] } }");
  assert.deepEqual(plainValue(written), { b: { d: [null] } });
  assert.deepEqual(exactValue(written), { a: null, b: { c: null, d: [null] } });
});

Deno.test("placeOf() and keyPlaceOf() fall back to the nearest value that is there", () => {
  const written = tree("a:\n  b: [1, 22]\n");
  assert.equal(placeOf(written, ["a", "b", 1]).position.column, 10);
  assert.equal(placeOf(written, ["a", "c", "d"]).position.line, 2);
  assert.deepEqual([
    keyPlaceOf(written, ["a", "b"]).position.column,
    keyPlaceOf(written, ["a", "z"]).position.line,
  ], [3, 2]);
});
