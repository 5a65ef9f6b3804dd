import assert from "node:assert/strict";
import { bytesFigure, figureOf, tickLabels } from "../../lib/report/figures.ts";
import { lineChart } from "../../lib/report/line_chart.ts";

Deno.test("tickLabels() shows each tick where it is, with no more digits than that takes", () => {
  const label = (...ticks: number[]) => tickLabels(ticks, figureOf);
  assert.deepEqual(label(0, 0.5, 1), ["0", "0.5", "1"]);
  assert.deepEqual(label(9.998e-5, 9.9985e-5, 9.999e-5), [
    ...["9.998e-5", "9.9985e-5", "9.999e-5"],
  ]);
  // Four digits would tell these apart, and place them wrongly.
  assert.deepEqual(label(1.0005, 1.001, 1.0015), ["1.0005", "1.001", "1.0015"]);
  assert.deepEqual(label(0.3), ["0.3"]);
  assert.deepEqual(tickLabels([1e9, 2e9], bytesFigure), ["1.0 GB", "2.0 GB"]);
  assert.deepEqual(
    tickLabels([3.001e8, 3.0012e8, 3.02e8], bytesFigure),
    ["300.10 MB", "300.12 MB", "302.00 MB"],
  );
});

Deno.test("lineChart() keeps long labels and those of the last tick inside the drawing", () => {
  const drawing = String(lineChart({
    description: "rate",
    lines: [{
      name: "rate",
      points: [[1, 9.9981e-5], [50_000, 9.9992e-5], [100_000, 9.99985e-5]],
      color: 0,
      style: "plain",
    }],
    marks: [],
    threshold: null,
    isLog: false,
    format: figureOf,
    mostPoints: 100,
  }));
  const texts = [
    ...drawing.matchAll(/<text x="([\d.]+)"[^>]*anchor="(\w+)">([^<]+)</g),
  ].map(([, x, anchor, text]) => ({ x: Number(x), anchor, text: text! }));
  assert.ok(texts.length > 5);
  for (const { x, anchor, text } of texts) {
    const width = text.length * 5.5;
    const left = anchor === "end" ? x - width : x - width / 2;
    assert.ok(left >= 0 && left + width <= 360, `${text} at ${x}`);
  }
  const named = texts.map(({ text }) => text);
  assert.equal(new Set(named).size, named.length);
});
