import assert from "node:assert/strict";
import {
  type Diagnostic,
  renderDiagnostics,
  sortDiagnostics,
} from "../../lib/source/diagnostic.ts";
import { positionAt, type SourceText } from "../../lib/source/position.ts";

const SOURCE: SourceText = {
  name: "pipelines/flow.yaml",
  text: "training:\n\tlearning_rate: 1e-4\n# \u4e2d\u6587: x\n",
};

function at(found: string, message: string, hint?: string): Diagnostic {
  const start = SOURCE.text.indexOf(found);
  const position = positionAt(SOURCE, start, start + found.length);
  return {
    severity: "error",
    message,
    position,
    source: SOURCE,
    ...(hint === undefined ? {} : { hint }),
  };
}

Deno.test("renderDiagnostics() draws the line and carets under the span, tabs and wide letters included", () => {
  const shown = renderDiagnostics([
    at(
      "learning_rate",
      'Cannot read "training": unknown key "learning_rate"',
      'Write "lr"',
    ),
    at("x\n", "Cannot read it"),
  ], { color: false });
  assert.equal(
    shown,
    `error: Cannot read "training": unknown key "learning_rate"
  pipelines/flow.yaml:2:2
  |
2 |     learning_rate: 1e-4
  |     ^^^^^^^^^^^^^
hint: Write "lr"

error: Cannot read it
  pipelines/flow.yaml:3:7
  |
3 | # \u4e2d\u6587: x
  |         ^`,
  );
});

Deno.test("renderDiagnostics() paints labels when asked and draws no frame for an empty text", () => {
  const source = { name: "empty.yaml", text: "" };
  const diagnostic: Diagnostic = {
    severity: "warning",
    message: "It is empty",
    position: positionAt(source, 0, 0),
    source,
  };
  assert.equal(
    renderDiagnostics([diagnostic], { color: false }),
    "warning: It is empty\n  empty.yaml:1:1",
  );
  assert(
    renderDiagnostics([diagnostic], { color: true }).startsWith(
      "\u001b[33mwarning\u001b[0m: ",
    ),
  );
});

Deno.test("sortDiagnostics() sorts by place and drops repetitions", () => {
  const late = at("learning_rate", "b");
  const early = at("training", "a");
  assert.deepEqual(sortDiagnostics([late, early, late]), [early, late]);
});
