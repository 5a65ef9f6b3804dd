// What a step is denied, from a real step process: every way out of its own files that JavaScript has.
import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT, runCli } from "../cli/cli_process.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

type Way = readonly [way: string, place: string];

/** A folder beside the pipeline with what a step may touch and what it may not. */
async function plant(folder: string): Promise<string> {
  for (const name of ["declared", "private"]) {
    await Deno.mkdir(join(folder, name));
  }
  await Deno.writeTextFile(join(folder, "private/secret.txt"), "secret");
  await Deno.writeTextFile(
    join(folder, "private/module.ts"),
    "export const x = 1;\n",
  );
  await Deno.writeTextFile(join(folder, "private/addon.node"), "");
  await Deno.writeTextFile(join(folder, "declared/own.txt"), "own");
  return folder;
}

/** Runs a step that tries `ways`; `grants` are its declared permissions. */
async function trespass(
  folder: string,
  ways: readonly Way[],
  { isLoud = false, grants = {} }: {
    readonly isLoud?: boolean;
    readonly grants?: Readonly<Record<string, readonly string[]>>;
  } = {},
): Promise<{ code: number; err: string; outcomes: string[] }> {
  const uses = join(ROOT, "tests/fixtures/pipelines/tasks/trespass.ts");
  const step = {
    name: "trespass",
    task: "script",
    uses,
    with: { ways, isLoud },
    permissions: grants,
  };
  const other = { ...step, name: "other", with: { ways: [] } };
  const steps = [{ ...other, permissions: {} }, { ...step, needs: [] }];
  const pipeline = { name: "trespass", training: { pipeline: { steps } } };
  const file = join(folder, "pipeline.yaml");
  await Deno.writeTextFile(file, JSON.stringify(pipeline));
  const runs = join(folder, "runs");
  const { code, err, out } = await runCli(
    ["train", file, "--runs", runs, "--json"],
    { cwd: folder },
  );
  if (code !== 0) return { code, err, outcomes: [] };
  const [, { folder: own }] = JSON.parse(out).steps;
  const outcomes = await Deno.readTextFile(join(own, "output/outcomes.json"));
  return { code, err, outcomes: JSON.parse(outcomes) };
}

async function inPlantedFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  await withTemporaryFolder(async (folder) =>
    await body(await plant(await Deno.realPath(folder)))
  );
}

Deno.test("a step is denied every way to what it does not declare", async () => {
  await inPlantedFolder(async (folder) => {
    const secret = join(folder, "private/secret.txt");
    const declared = join(folder, "declared");
    const ways: Way[] = [
      ["read", secret],
      ["read", join(declared, "../private/secret.txt")],
      ["read", `${declared}/../private/secret.txt`],
      ["read", "/etc/passwd"],
      ["list", folder],
      ["list", join(folder, "runs/store")],
      ["write", join(folder, "planted.txt")],
      ["write", secret],
      ["link", secret],
      ["import", join(folder, "private/module.ts")],
      ["fetch", "https://example.org/"],
      ["connect", "9"],
      ["listen", "0"],
      ["run", "true"],
      ["dlopen", "/lib/x86_64-linux-gnu/libc.so.6"],
      ["env", "HOME"],
      ["worker", secret],
    ];
    const { outcomes, err } = await trespass(folder, ways, {
      grants: { read: [declared] },
    });
    assert.match(err, /warning: Asked to read what the step does not declare/);
    ways.forEach(([way, place], at) => {
      const outcome = outcomes[at] ?? "";
      assert.ok(outcome.startsWith(`${way} ${place}: `), outcome);
      // An undeclared variable is as if it were not set.
      const wanted = way === "import"
        ? /: Requires read access to /
        : way === "env"
        ? /: Error$/
        : /: NotCapable$/;
      assert.match(outcome, wanted);
    });
    assert.equal(await Deno.readTextFile(secret), "secret");
  });
});

Deno.test("a step cannot import over the network, a package that is not installed, or a native addon", async () => {
  await inPlantedFolder(async (folder) => {
    const ways: Way[] = [
      ["import", "https://example.org/module.ts"],
      // It exists, and is none of fluxline's dependencies.
      ["import", "npm:is-odd@3.0.1"],
      ["addon", join(folder, "private/addon.node")],
    ];
    const { outcomes } = await trespass(folder, ways);
    const wanted = [
      / but --no-remote is specified/,
      /--cached-only/,
      /: NotCapable$/,
    ];
    assert.equal(outcomes.length, ways.length);
    wanted.forEach((reason, at) => assert.match(outcomes[at]!, reason));
  });
});

for (
  const [kind, target] of [["file", "private/secret.txt"], [
    "folder",
    "private",
  ]]
) {
  for (const access of ["read", "write"]) {
    Deno.test(`a link to a ${kind} outside, planted where a step may ${access}, refuses the step`, async () => {
      await inPlantedFolder(async (folder) => {
        const declared = join(folder, "declared");
        const link = join(declared, "link");
        await Deno.symlink(join(folder, target!), link);
        const { code, err } = await trespass(folder, [], {
          grants: { [access]: [declared] },
        });
        assert.equal(code, 3);
        assert.ok(
          err.includes(
            `a link leads out of the folders that it may touch: "${link}" -> "${
              join(folder, target!)
            }"\n`,
          ),
          err,
        );
      });
    });
  }
}

const MESSAGES: readonly (readonly [Way, RegExp])[] = [
  [["run", "true"], /Step "trespass" may not run "true"\n/],
  [["connect", "9"], /may not connect to "[^"]*9"\n/],
  [["dlopen", "/lib/libc.so.6"], /Step "trespass" may not [^\n]*libc\.so\.6/],
];

for (const [[way, place], message] of MESSAGES) {
  Deno.test(`a step that is denied to ${way} ${place} fails with what its user needs`, async () => {
    await inPlantedFolder(async (folder) => {
      const { code, err } = await trespass(folder, [[way, place]], {
        isLoud: true,
      });
      assert.equal(code, 4);
      assert.match(err, message);
      assert.doesNotMatch(err, /\n +at /);
    });
  });
}
