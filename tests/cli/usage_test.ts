import assert from "node:assert/strict";
import { runCli, SCRIPTS } from "./cli_process.ts";

interface Case {
  readonly args: readonly string[];
  readonly code: number;
  readonly err: string;
}

const ALL_HELP =
  "`fluxline --help` lists commands, `fluxline <command> --help` their options";

const CASES: readonly Case[] = [
  {
    args: [],
    code: 2,
    err: `error: Cannot run: no command is named
hint: Name one, for example \`fluxline plan\`; \`fluxline --help\` lists them
`,
  },
  {
    args: ["trian", "x.yaml"],
    code: 2,
    err: `error: Unknown command "trian"
hint: Did you mean train?
`,
  },
  {
    args: ["train"],
    code: 2,
    err: `error: Missing required argument "file"
hint: ${ALL_HELP}
`,
  },
  {
    args: ["train", SCRIPTS, "--forc", "x"],
    code: 2,
    err: `error: Unknown option "--forc"
hint: Did you mean --force?
`,
  },
  {
    args: ["train", SCRIPTS, "--jobs", "none"],
    code: 2,
    err:
      `error: Option "--jobs <n>" argument "none" is invalid. Wanted a whole number from 1 to 64
hint: ${ALL_HELP}
`,
  },
  {
    args: ["train", SCRIPTS, "--force", "nobody"],
    code: 2,
    err:
      `error: Cannot apply --force: pipeline "${SCRIPTS}" has no step "nobody"
hint: Name one of its steps: numbers, total, act
`,
  },
  {
    args: ["plan", "--engine", "wasm", "--gpu"],
    code: 3,
    err: `error: Cannot use engine "wasm": it computes on the CPU
hint: Leave --gpu out, or use --engine tensorflow
`,
  },
  {
    args: ["plan", "--engine", "torch"],
    code: 2,
    err: `error: Cannot use engine "torch": there is none of that name
hint: Choose one of auto, tensorflow, webgpu, wasm
`,
  },
];

for (const { args, code, err } of CASES) {
  Deno.test(`fluxline ${args.join(" ")} ends with ${code}`, async () => {
    assert.deepEqual(await runCli(args), { code, out: "", err });
  });
}

Deno.test("a missing pipeline file ends with 3 and no stack", async () => {
  const { code, out, err } = await runCli(["train", "missing.yaml"]);
  assert.deepEqual([code, out], [3, ""]);
  assert.match(err, /missing\.yaml/);
  assert.doesNotMatch(err, /\n {4}at /);
});

Deno.test("fluxline --help teaches: commands, first steps and every exit code", async () => {
  const { out } = await runCli(["--help"]);
  for (
    const word of [
      "train",
      "plan",
      "validate",
      "status",
      "export",
      "import",
      "schema",
      "engine",
    ]
  ) {
    assert.match(out, new RegExp(`\\n  ${word} `));
  }
  assert.match(out, /First steps:\n {2}deno task plan /);
  for (const code of [0, 1, 2, 3, 4, 5, 6, 124, 130, 143]) {
    assert.match(out, new RegExp(`\\b${code}\\b`));
  }
});

Deno.test("every command's --help shows an example", async () => {
  for (
    const word of [
      "train",
      "plan",
      "validate",
      "status",
      "export",
      "import",
      "schema",
      "engine",
    ]
  ) {
    const { code, out } = await runCli([word, "--help"]);
    assert.equal(code, 0);
    assert.match(out, /\nExamples:\n {2}deno /);
  }
});

Deno.test("engine says which engines there are and which one auto takes", async () => {
  const { out } = await runCli(["engine", "--json"]);
  const { auto, engines } = JSON.parse(out);
  assert.equal(auto, "wasm");
  assert.deepEqual(
    engines.map((
      { name, isAvailable }: { name: string; isAvailable: boolean },
    ) => [name, isAvailable]),
    [["tensorflow", false], ["webgpu", false], ["wasm", true]],
  );
});

for (const command of ["train", "plan", "status"]) {
  Deno.test(`fluxline ${command} --runs takes no file and no empty name`, async () => {
    const files = command === "status" ? [] : [SCRIPTS];
    for (
      const [runs, why] of [
        ["README.md", "it is not a folder"],
        ["README.md/below", "it is not a folder"],
        ["", "it is empty"],
      ] as const
    ) {
      const { code, err } = await runCli([command, ...files, "--runs", runs]);
      assert.equal(code, 2);
      assert.equal(
        err,
        `error: Cannot use "${runs}" as the folder of runs: ${why}
hint: Name a folder with --runs, or leave the option out for \`runs\`
`,
      );
    }
  });
}
