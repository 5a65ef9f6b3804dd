import assert from "node:assert/strict";
import {
  descendantsOf,
  drawGraph,
  topologicalOrder,
  withoutImplied,
} from "../../lib/plan/step_graph.ts";

const SPADE = [
  { name: "emoji", needs: [] },
  { name: "vae_warmup", needs: ["emoji"] },
  { name: "spade_on", needs: ["vae_warmup"] },
  { name: "spade_off", needs: ["vae_warmup"] },
  { name: "compare", needs: ["spade_on", "spade_off"] },
  { name: "flow", needs: ["spade_on"] },
  { name: "generate", needs: ["flow"] },
];

function names(steps: readonly { readonly name: string }[]): string[] {
  return steps.map((step) => step.name);
}

Deno.test("topologicalOrder() keeps the order of the file where it can", () => {
  assert.deepEqual(topologicalOrder(SPADE), SPADE);
  assert.deepEqual(names(topologicalOrder(SPADE.toReversed())), [
    "emoji",
    "vae_warmup",
    "spade_off",
    "spade_on",
    "flow",
    "generate",
    "compare",
  ]);
});

Deno.test("topologicalOrder() refuses a cycle and an unknown name", () => {
  const cycle = [{ name: "a", needs: ["b"] }, { name: "b", needs: ["a"] }, {
    name: "c",
    needs: [],
  }];
  assert.throws(() => topologicalOrder(cycle), {
    message:
      'Cannot order steps "a", "b": they need each other, or a step that does not exist',
  });
});

Deno.test("descendantsOf() follows every path once", () => {
  assert.deepEqual([...descendantsOf(SPADE, "spade_on")].sort(), [
    "compare",
    "flow",
    "generate",
  ]);
  assert.deepEqual([...descendantsOf(SPADE, "generate")], []);
});

Deno.test("drawGraph() indents by depth and names what is not on the line above", () => {
  assert.deepEqual(drawGraph(SPADE), [
    "emoji",
    "└─ vae_warmup",
    "   ├─ spade_on",
    "   └─ spade_off ← vae_warmup",
    "      ├─ compare ← spade_on, spade_off",
    "      └─ flow ← spade_on",
    "         └─ generate",
  ]);
  assert.deepEqual(
    drawGraph([{ name: "a", needs: [] }, { name: "b", needs: [] }]),
    ["a", "b"],
  );
});

Deno.test("withoutImplied() keeps what nothing else in the list needs", () => {
  assert.deepEqual(
    withoutImplied(SPADE, ["emoji", "vae_warmup", "spade_off"]),
    ["spade_off"],
  );
  assert.deepEqual(withoutImplied(SPADE, ["compare", "flow"]), [
    "compare",
    "flow",
  ]);
  const both = [{ name: "a", needs: [] }, { name: "b", needs: ["a"] }, {
    name: "c",
    needs: ["a", "b"],
  }];
  assert.deepEqual(drawGraph(both), ["a", "└─ b", "   └─ c"]);
});

Deno.test("drawGraph() draws a chain of thousands as a list, and topologicalOrder() orders it from any order", () => {
  let looks = 0;
  const chain = Array.from({ length: 5000 }, (_, index) => ({
    name: `s${index}`,
    get needs() {
      looks++;
      return index === 0 ? [] : [`s${index - 1}`];
    },
  }));
  const ordered = topologicalOrder(chain.toReversed());
  const lines = drawGraph(chain);
  assert.deepEqual(lines.slice(0, 2), ["s0", "s1 ← s0"]);
  assert.equal(lines.at(-1), "s4999 ← s4998");
  // Each step is looked at a few times, not once per other step.
  assert.ok(looks <= 4 * chain.length, `${looks} looks`);
  assert.deepEqual(
    ordered.map(({ name }) => name),
    chain.map(({ name }) => name),
  );
});
