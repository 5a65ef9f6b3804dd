import assert from "node:assert/strict";
import { schemaCommand } from "../../lib/cli/schema_command.ts";
import { validateCommand } from "../../lib/cli/validate_command.ts";

interface Printed {
  readonly out: string[];
  readonly err: string[];
}

function printer(): {
  readonly print: {
    out(text: string): void;
    err(text: string): void;
    color: boolean;
  };
} & Printed {
  const out: string[] = [];
  const err: string[] = [];
  return {
    out,
    err,
    print: {
      out: (text) => void out.push(text),
      err: (text) => void err.push(text),
      color: false,
    },
  };
}

const GOOD =
  "training: { pipeline: { steps: [{ name: a, task: script, uses: a.ts }] } }\n";
const BAD =
  "training:\n  pipeline:\n    steps:\n      - { name: a, task: script, uses: a.ts, learning_rate: 1, n_epochs: x }\n";

Deno.test("validateCommand() checks every file, shows each mistake in its frame and answers 3", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/a.ts`, "");
    await Deno.writeTextFile(`${folder}/bad.yaml`, BAD);
    await Deno.writeTextFile(`${folder}/good.yaml`, GOOD);
    const { print, out, err } = printer();
    const files = [
      `${folder}/bad.yaml`,
      `${folder}/none.yaml`,
      `${folder}/good.yaml`,
    ];
    assert.equal(
      await validateCommand(files, { set: [], json: false }, print),
      3,
    );
    assert.deepEqual(out, [
      `${folder}/good.yaml: valid, mode: pipeline, 1 step`,
    ]);
    assert.equal(
      err.join("\n").replaceAll(folder, "F"),
      `error: Cannot read step "a": unknown key "learning_rate"
  F/bad.yaml:4:46
  |
4 |       - { name: a, task: script, uses: a.ts, learning_rate: 1, n_epochs: x }
  |                                              ^^^^^^^^^^^^^
hint: Keys known here are name, description, task, needs, permissions, retry, timeout, resources, uses, with

error: Cannot read step "a": unknown key "n_epochs"
  F/bad.yaml:4:64
  |
4 |       - { name: a, task: script, uses: a.ts, learning_rate: 1, n_epochs: x }
  |                                                                ^^^^^^^^
hint: Keys known here are name, description, task, needs, permissions, retry, timeout, resources, uses, with
F/bad.yaml: refused, 2 errors
error: Cannot read "F/none.yaml": there is no such file
hint: Correct the path, or leave FILE out for every pipeline in pipelines/`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("validateCommand() prints facts as JSON, one object for one file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/a.ts`, "");
    await Deno.writeTextFile(`${folder}/good.yaml`, GOOD);
    const { print, out } = printer();
    const options = { set: ["training.pipeline.steps.a.need=[]"], json: true };
    assert.equal(
      await validateCommand([`${folder}/good.yaml`], options, print),
      3,
    );
    assert.deepEqual(JSON.parse(out[0]!), {
      file: `${folder}/good.yaml`,
      ok: false,
      problems: [{
        severity: "error",
        message:
          'Cannot read step "a": unknown key "need", did you mean "needs"?',
        hint: null,
        file: "--set#1",
        line: 1,
        column: 27,
      }],
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("schemaCommand() prints a JSON Schema", () => {
  const { print, out } = printer();
  assert.equal(schemaCommand({}, print), 0);
  assert.equal(JSON.parse(out.join("")).title, "fluxline pipeline");
});
