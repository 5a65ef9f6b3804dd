// The real TensorBoard reader looks on while a step trains, is killed and goes on.
import assert from "node:assert/strict";
import { readLines } from "../../lib/disk/append_log.ts";
import { readTextLines } from "../../lib/worker/protocol.ts";
import { stepPid, until } from "../cli/cli_process.ts";
import { CrashProject } from "../crash/crash_project.ts";
import { testWith } from "../support/outside_program.ts";

const STEPS = [
  "{ name: vae, train_vae: true, n_epochs: 60, checkpoint: { interval_batches: 5 } }",
];

/** Reads what is new at each line on its standard input, as a TensorBoard that looks on does, and prints what it holds. */
const READER = `
import json, sys
from tensorboard.backend.event_processing import event_accumulator as ea
acc = ea.EventAccumulator(sys.argv[1], size_guidance={ea.SCALARS: 0})
for line in sys.stdin:
  acc.Reload()
  tags = acc.Tags()["scalars"]
  print(json.dumps([e.step for e in acc.Scalars("train/loss")] if "train/loss" in tags else []), flush=True)
`;

testWith(
  {
    name: "TensorBoard",
    how: "pip install tensorboard",
    probe: ["python3", "-c", "import tensorboard"],
  },
  "TensorBoard sees a step grow at its checkpoints, and through a kill and a resume each point once",
  async () => {
    await using project = await CrashProject.open(STEPS);
    const runs = project.path("runs");
    const training = project.start("runs");
    const output = training.output();
    await until(() => eventFile(runs) !== null, "an event file");
    await using reader = new Reader(eventFile(runs)!);
    let seen: number[] = [];
    await until(async () => {
      const before = seen.length;
      seen = await reader.read();
      return before > 0 && seen.length > before;
    }, "points of two checkpoints");
    assertOnce(seen);
    const child = stepPid(runs, "vae");
    training.kill("SIGKILL");
    if (child !== null) Deno.kill(child, "SIGKILL");
    await output;

    const { code, err } = await project.train("runs");
    assert.equal(code, 0, err);
    const after = await reader.read();
    const folder = eventFile(runs)!.replace(/\/tensorboard$/, "");
    const rows = (await readLines(`${folder}/metrics.jsonl`))
      .map((line) => JSON.parse(line) as { kind: string; global_step: number })
      .filter(({ kind }) => kind === "train");
    assert.deepEqual(after, rows.map(({ global_step }) => global_step));
    assert.ok(after.length > seen.length);
    await using fresh = new Reader(eventFile(runs)!);
    assert.deepEqual(await fresh.read(), after);
  },
);

function assertOnce(steps: readonly number[]): void {
  assert.deepEqual(steps, [...new Set(steps)].sort((a, b) => a - b));
}

/** The folder of the step's event file, once that is there. */
function eventFile(runs: string): string | null {
  try {
    for (const { name } of Deno.readDirSync(`${runs}/store`)) {
      if (!/^vae-[0-9a-f]{16}$/.test(name)) continue;
      const folder = `${runs}/store/${name}/tensorboard`;
      const files = [...Deno.readDirSync(folder)];
      if (files.some((one) => one.name.startsWith("events"))) return folder;
    }
  } catch {
    // Not there yet.
  }
  return null;
}

class Reader implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  constructor(folder: string) {
    this.#child = new Deno.Command("python3", {
      args: ["-c", READER, folder],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = readTextLines(this.#child.stdout);
  }

  async read(): Promise<number[]> {
    await this.#input.write(new TextEncoder().encode("\n"));
    return JSON.parse((await this.#lines.next()).value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#child.status;
    await this.#lines.return?.();
  }
}
