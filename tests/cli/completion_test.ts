import assert from "node:assert/strict";
import { buildProgram } from "../../lib/cli/command_line.ts";
import { completionCandidates } from "../../lib/cli/completion_candidates.ts";
import { processTerminal } from "../../lib/cli/terminal.ts";
import { writeRunManifest } from "../../lib/store/run_record.ts";
import { testWith } from "../support/outside_program.ts";
import { ROOT } from "./cli_process.ts";

const program = buildProgram(processTerminal({ color: false }), () => {});

async function texts(...words: string[]): Promise<string[]> {
  return (await completionCandidates(program, words)).map(({ text }) => text);
}

Deno.test("completionCandidates() offers commands and subcommands, hidden ones left out", async () => {
  assert.deepEqual(await texts("val"), ["validate"]);
  assert.ok(!(await texts("")).includes("job"));
  assert.deepEqual(await texts("engine", "do"), ["doctor"]);
  assert.deepEqual(await texts("plan", "engine"), []);
});

Deno.test("completionCandidates() offers the options of the command that are not written yet; what may be repeated stays", async () => {
  assert.deepEqual(await texts("train", "x.yaml", "--same"), ["--same-engine"]);
  assert.deepEqual(await texts("train", "--same-engine", "--same"), []);
  assert.deepEqual(await texts("train", "--force", "flow", "--forc"), [
    "--force",
  ]);
  assert.deepEqual(await texts("train", "--disk"), []);
});

Deno.test("completionCandidates() offers the values of an option, behind a blank or =", async () => {
  assert.deepEqual(await texts("train", "--executor", ""), ["local", "slurm"]);
  assert.deepEqual(await texts("train", "--executor=s"), ["--executor=slurm"]);
  assert.deepEqual(await texts("train", "--engine", "w"), ["webgpu", "wasm"]);
  assert.deepEqual(await texts("train", "--seed", "1", "--set", ""), []);
});

Deno.test("completionCandidates() offers pipeline files and folders for a pipeline", async () => {
  assert.deepEqual(await texts("train", "pipel"), ["pipelines/"]);
  assert.deepEqual(await texts("plan", "a.yaml", "pipelines/s"), [
    "pipelines/schedules.yaml",
    "pipelines/spade.yaml",
  ]);
  assert.deepEqual(await texts("train", "no/such/folder/"), []);
});

Deno.test("completionCandidates() offers the steps of the named pipeline, else of all, and of runs where a run is meant", async () => {
  const runs = await runsWith("night", ["warmup", "flow"]);
  const quick = "pipelines/quick.yaml";
  assert.deepEqual(await texts("train", quick, "--from", "vae"), [
    "vae_warmup",
  ]);
  assert.deepEqual(await texts("why", "spade_"), ["spade_on", "spade_off"]);
  const logs = ["logs", "--runs", runs];
  assert.deepEqual(await texts(...logs, ""), ["warmup", "flow"]);
  assert.deepEqual(await texts(...logs, "--run", ""), ["night"]);
  assert.deepEqual(await texts("report", "--runs", runs, "n"), ["night"]);
  assert.deepEqual(await texts("report", "--runs", `${runs}/none`, "n"), []);
  Deno.removeSync(runs, { recursive: true });
});

Deno.test("completionCandidates() never offers a name with a line break", async () => {
  const folder = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${folder}/a\nb.yaml`, "");
  Deno.writeTextFileSync(`${folder}/c d.yaml`, "");
  assert.deepEqual(await texts("train", `${folder}/`), [`${folder}/c d.yaml`]);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("completionCandidates() offers the schedules of the named file, else of the project", async () => {
  const file = ["--file", "pipelines/schedules.yaml"];
  assert.deepEqual(await texts("schedule", "next", ...file, ""), [
    "weekly-spade",
  ]);
  // A pipeline of the project has a schedule of its own.
  assert.deepEqual(await texts("schedule", "pause", "re"), ["reference"]);
  assert.deepEqual(
    await texts("schedule", "run-now", "--file", "none.yaml", ""),
    [],
  );
});

async function runsWith(
  run: string,
  steps: readonly string[],
): Promise<string> {
  const runs = Deno.makeTempDirSync();
  const at = "2026-01-01T00:00:00.000Z";
  await writeRunManifest(runs, {
    ...{ run, pipeline: "p.yaml", digest: "d", mode: "pipeline", seed: 0 },
    ...{ engine: "wasm", engineChoice: null, versions: {} },
    ...{ createdAt: at, updatedAt: at },
    steps: steps.map((name) => ({
      ...{ name, task: "train", key: "0".repeat(16), state: "done" },
    })),
  });
  return runs;
}

const SHELLS = [
  {
    name: "bash",
    code:
      `ask() { COMP_LINE=$1 COMP_POINT=\${#1}; COMPREPLY=(); $2; printf '%s|' "\${COMPREPLY[@]}"; echo; }
ask 'fluxline train pipelines/qu' _fluxline
ask 'deno task verif' _fluxline_deno
ask 'deno run -A cli.ts train --executor=s' _fluxline_deno
ask "fluxline train $SPACES/" _fluxline`,
    found: [
      "pipelines/quick.yaml|",
      "verify|",
      "slurm|",
      "SPACES/a\\ \\$b.yaml|",
    ],
  },
  {
    name: "fish",
    code:
      `for line in 'fluxline train pipelines/qu' 'deno task verif' 'deno run -A cli.ts train --executor=s' "fluxline train $SPACES/"
    complete -C $line | string replace -r '\\t.*' ''
end`,
    found: [
      "pipelines/quick.yaml",
      "verify",
      "--executor=slurm",
      "SPACES/a $b.yaml",
    ],
  },
] as const;

for (const { name, code, found } of SHELLS) {
  testWith(
    {
      name,
      how: `apt-get install ${name}`,
      probe: [name, "-c", "true"],
    },
    `${name} completes with the script that \`completion ${name}\` prints`,
    async () => {
      const { stdout } = await inShell(name, code);
      assert.deepEqual(stdout.trimEnd().split("\n"), found);
    },
  );
}

testWith(
  { name: "zsh", how: "apt-get install zsh", probe: ["zsh", "-c", "true"] },
  "zsh completes with the script that `completion zsh` prints",
  async () => {
    // Only a terminal has a Tab key: zsh's own pseudo-terminal types into another zsh.
    const { stdout } = await inShell(
      "zsh",
      `zmodload zsh/zpty
zpty -b typed zsh -f -i
# Prints what the terminal shows until the text comes.
until_text() {
  local seen piece i
  for i in {1..200}; do
    while zpty -r -t typed piece; do seen+=$piece; done
    [[ $seen == *$1* ]] && break
    sleep 0.05
  done
  print -r -- $seen
}
zpty -w typed "PS1=; autoload -Uz compinit; compinit -u -D; source '$SCRIPT'; print -r read''y"
until_text ready
zpty -n -w typed $'fluxline train pipelines/qu\\t'
until_text quick.yaml
zpty -n -w typed $'\\C-udeno task verif\\t'
until_text verify
zpty -d typed`,
    );
    assert.match(stdout, /pipelines\/quick\.yaml/);
    assert.match(stdout, /verify/);
  },
);

async function inShell(
  shell: string,
  code: string,
): Promise<{ readonly stdout: string }> {
  const folder = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${folder}/a $b.yaml`, "");
  const script = `${folder}/script`;
  const printed = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", `${ROOT}/cli.ts`, "completion", shell],
  }).output();
  Deno.writeFileSync(script, printed.stdout);
  const sourced = shell === "zsh" ? code : `source '${script}'\n${code}`;
  const { stdout, stderr } = await new Deno.Command(shell, {
    args: ["-c", sourced],
    cwd: ROOT,
    env: { SPACES: folder, SCRIPT: script, TERM: "xterm" },
  }).output();
  const decoder = new TextDecoder();
  assert.equal(decoder.decode(stderr), "");
  Deno.removeSync(folder, { recursive: true });
  return { stdout: decoder.decode(stdout).replaceAll(folder, "SPACES") };
}
