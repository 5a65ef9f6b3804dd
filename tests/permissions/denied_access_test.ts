// What a step is denied, from a real step process: every way out of its own files that JavaScript has.
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { planPipeline } from "../../lib/plan/plan.ts";
import { reportFailure } from "../../lib/steps/failure_report.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";
import type { ReportedFailure } from "../../lib/worker/protocol.ts";
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

/** Writes a pipeline whose second step tries `ways`, and answers its path. */
async function writePipeline(
  folder: string,
  ways: readonly Way[],
  { isLoud = false, grants = {} }: {
    readonly isLoud?: boolean;
    readonly grants?: Readonly<Record<string, readonly string[]>>;
  },
): Promise<string> {
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
  return file;
}

/** The folder of the step beside the one that trespasses: it has the same key whatever that one tries. */
async function folderOfOther(folder: string): Promise<string> {
  const file = await writePipeline(folder, [], {});
  const loaded = await loadPipeline(file);
  assert.ok(loaded.ok);
  const runsDir = join(folder, "runs");
  return (await planPipeline(loaded.value, { runsDir })).steps[0]!.folder;
}

interface Trespass {
  readonly code: number;
  readonly err: string;
  readonly outcomes: readonly string[];
  /** What the user would be told where the task let the refusal pass. */
  readonly told: readonly Pick<ReportedFailure, "message" | "hint">[];
}

/** Runs a step that tries `ways`; `grants` are its declared permissions. */
async function trespass(
  folder: string,
  ways: readonly Way[],
  { isLoud = false, grants = {} }: {
    readonly isLoud?: boolean;
    readonly grants?: Readonly<Record<string, readonly string[]>>;
  } = {},
): Promise<Trespass> {
  const file = await writePipeline(folder, ways, { isLoud, grants });
  const runs = join(folder, "runs");
  const { code, err, out } = await runCli(
    ["train", file, "--runs", runs, "--json"],
    { cwd: folder },
  );
  if (code !== 0) return { code, err, outcomes: [], told: [] };
  const [, { folder: own }] = JSON.parse(out).steps;
  const kept = async (name: string): Promise<string[]> =>
    JSON.parse(await Deno.readTextFile(join(own, "output", name)));
  const request = {
    ...{ pipeline: "p.yaml", folder: own, task: "script" },
    step: { name: "trespass", index: 1, count: 2 },
  } as unknown as StepRequest;
  const told = (await kept("messages.json"))
    .map((message) => reportFailure(new Error(message), request));
  return { code, err, outcomes: await kept("outcomes.json"), told };
}

async function inPlantedFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  await withTemporaryFolder(async (folder) =>
    await body(await plant(await Deno.realPath(folder)))
  );
}

Deno.test("a step is denied every way to what it does not declare, with a message that says what and how to do it", async () => {
  await inPlantedFolder(async (folder) => {
    const secret = join(folder, "private/secret.txt");
    const declared = join(folder, "declared");
    const other = await folderOfOther(folder);
    const asks = "If the step needs it, add to step";
    const never = "No step gets this permission";
    const runners = /complete\.json and attempts\/ .* belong to the runner/;
    const ways: readonly (readonly [...Way, string, string | RegExp])[] = [
      ["read", secret, `may not read "${secret}"`, asks],
      [
        ...["read", join(declared, "../private/secret.txt")] as const,
        ...[`may not read "${secret}"`, asks] as const,
      ],
      [
        ...["read", `${declared}/../private/secret.txt`] as const,
        ...[`may not read "${secret}"`, asks] as const,
      ],
      ["read", "/etc/passwd", 'may not read "/etc/passwd"', asks],
      ["list", folder, `may not read "${folder}"`, asks],
      ["list", join(folder, "runs/store"), "may not read", asks],
      ["write", join(folder, "planted.txt"), "may not write", asks],
      ["write", secret, `may not write "${secret}"`, asks],
      ["link", secret, "may not make links", "Copy the file"],
      ["import", join(folder, "private/module.ts"), "may not read", asks],
      ["fetch", "https://example.org/", 'connect to "example.org:443"', asks],
      ["connect", "9", 'may not connect to "127.0.0.1:9"', asks],
      ["listen", "0", 'may not connect to "0.0.0.0:0"', asks],
      ["run", "true", 'may not run "true"', never],
      ["dlopen", "/lib/libc.so.6", "may not load native code", never],
      // An undeclared variable is as if it were not set; a warning tells of it.
      ["env", "HOME", "HOME is not set", "Its stack is in the log"],
      ["worker", secret, `may not read "${secret}"`, asks],
      ["read", `${other}/output/a`, "may not read", "Name the other step in"],
      ["list", other, "may not read", "Name the other step in `needs`"],
      ["write", `${other}/output/a`, "may not write", "its own folder only"],
      ["write", "OWN/complete.json", "may not write", runners],
      ["write", "OWN/request.json", "may not write", runners],
      ["write", "OWN/attempts/1/log.txt", "may not write", runners],
      ["write", "OWN.lock", "may not write", "Lock files belong to the runner"],
      ["write", "OWN.runner", "may not write", "belong to the runner"],
    ];
    const { outcomes, err, told } = await trespass(
      folder,
      ways.map(([way, place]) => [way, place]),
      { grants: { read: [declared] } },
    );
    assert.match(err, /warning: Asked to read what the step does not declare/);
    assert.match(
      err,
      /warning: Found variables unset that are set, .* env: \["HOME"\] \}/,
    );
    ways.forEach(([way, place, message, hint], at) => {
      const outcome = outcomes[at] ?? "";
      assert.ok(outcome.startsWith(`${way} ${place}: `), outcome);
      const wanted = way === "import"
        ? /: Requires read access to /
        : way === "env"
        ? /: Error$/
        : /: NotCapable$/;
      assert.match(outcome, wanted);
      assertTold(told[at], message, hint);
    });
    assert.equal(await Deno.readTextFile(secret), "secret");
  });
});

Deno.test("a step cannot import over the network, a package that is not installed, or a native addon", async () => {
  await inPlantedFolder(async (folder) => {
    const ways: readonly (readonly [...Way, RegExp, string, string])[] = [
      [
        ...["import", "https://example.org/module.ts"] as const,
        / but --no-remote is specified/,
        'may not import "https://example.org/module.ts"',
        "Keep the module in the project",
      ],
      // It exists, and is none of fluxline's dependencies.
      [
        ...["import", "npm:is-odd@3.0.1", /--cached-only/] as const,
        ...['may not import "is-odd"', "deno.json and deno.lock"] as const,
      ],
      [
        ...["addon", join(folder, "private/addon.node")] as const,
        ...[/: NotCapable$/, "may not read", "If the step needs it"] as const,
      ],
    ];
    const { outcomes, told } = await trespass(
      folder,
      ways.map(([way, place]) => [way, place]),
    );
    assert.equal(outcomes.length, ways.length);
    ways.forEach(([, , reason, message, hint], at) => {
      assert.match(outcomes[at]!, reason);
      assertTold(told[at], message, hint);
    });
  });
});

function assertTold(
  told: Trespass["told"][number] | undefined,
  message: string,
  hint: string | RegExp,
): void {
  assert.ok(told?.message.includes(message), `${told?.message}: ${message}`);
  const text = told?.hint ?? "";
  const isRight = typeof hint === "string"
    ? text.includes(hint)
    : hint.test(text);
  assert.ok(isRight, `${message}: ${text}`);
}

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
