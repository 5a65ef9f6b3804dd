import assert from "node:assert/strict";
import { type DiagramPlan, planDiagram } from "../../lib/plan/diagram.ts";
import { testWith } from "../support/outside_program.ts";

const ODD: DiagramPlan = {
  run: 'night "one"',
  steps: [
    { name: "end", task: "script", needs: [], action: "reuse" },
    { name: 'a "b" \\l <i>', task: "train", needs: ["end"], action: "run" },
    {
      name: "judge",
      task: "compare",
      needs: ["end", 'a "b" \\l <i>'],
      action: "wait",
    },
  ],
};

Deno.test("planDiagram() writes Graphviz's language, names escaped and implied arrows left out", () => {
  assert.equal(
    planDiagram(ODD, "dot"),
    String.raw`digraph "night \"one\"" {
  node [shape=box, style="rounded,filled", fontname="sans-serif"];
  "end" [label="end\nscript, reuse", fillcolor="#d6f0d6"];
  "a \"b\" \\l <i>" [label="a \"b\" \\l <i>\ntrain, run", fillcolor="#fde9c8"];
  "judge" [label="judge\ncompare, wait", fillcolor="#e8e8e8"];
  "end" -> "a \"b\" \\l <i>";
  "a \"b\" \\l <i>" -> "judge";
}`,
  );
});

Deno.test("planDiagram() writes Mermaid's language, no name where a word of it could stand", () => {
  assert.equal(
    planDiagram(ODD, "mermaid"),
    `flowchart TD
  s0["end<br/>script, reuse"]:::reuse
  s1["a #34;b#34; #92;l #60;i#62;<br/>train, run"]:::run
  s2["judge<br/>compare, wait"]:::wait
  s0 --> s1
  s1 --> s2
  classDef reuse fill:#d6f0d6,stroke:#555,color:#111
  classDef run fill:#fde9c8,stroke:#555,color:#111
  classDef wait fill:#e8e8e8,stroke:#555,color:#111`,
  );
});

testWith(
  {
    name: "Graphviz",
    how: "apt-get install graphviz",
    probe: ["dot", "-V"],
  },
  "Graphviz draws what planDiagram() writes, each box with its name",
  async () => {
    const dot = new Deno.Command("dot", {
      args: ["-Tplain"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = dot.stdin.getWriter();
    await writer.write(new TextEncoder().encode(planDiagram(ODD, "dot")));
    await writer.close();
    const { stdout, stderr } = await dot.output();
    assert.equal(new TextDecoder().decode(stderr), "");
    const lines = new TextDecoder().decode(stdout).split("\n");
    const count = (kind: string) =>
      lines.filter((line) => line.startsWith(`${kind} `)).length;
    assert.deepEqual([count("node"), count("edge")], [3, 2]);
    assert.ok(lines.some((line) => line.includes(String.raw`a \"b\" \\l <i>`)));
  },
);
