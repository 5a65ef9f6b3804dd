// What the commands cost beside the training: the time of `plan`, and what a step's own process adds to a run.
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
const SHORT_CHAIN = 1;
const LONG_CHAIN = 5;

/** Milliseconds, one number per repeat. */
export interface CommandCosts {
  /** `deno task plan pipelines/spade.yaml` without the task runner. */
  readonly plan: number[];
  /** One more step that does nothing, in a chain of such: its process, its folder, its durable marker. */
  readonly stepProcess: number[];
  /** A Deno process that does nothing. */
  readonly emptyProcess: number[];
}

/** Measures them in turns. */
export async function commandCosts(repeats: number): Promise<CommandCosts> {
  const folder = await Deno.makeTempDir({ prefix: "fluxline-bench-" });
  try {
    await Deno.writeTextFile(`${folder}/idle.ts`, IDLE_TASK);
    await Deno.writeTextFile(`${folder}/empty.ts`, "");
    const costs: CommandCosts = { plan: [], stepProcess: [], emptyProcess: [] };
    const flags = ["run", "--quiet", "--no-prompt"];
    for (let repeat = 0; repeat < repeats; repeat++) {
      costs.emptyProcess.push(
        await timed([...flags, `${folder}/empty.ts`], folder),
      );
      costs.plan.push(
        await timed(
          [...flags, "-A", "cli.ts", "plan", "pipelines/spade.yaml"],
          PROJECT,
        ),
      );
      const short = await chain(folder, `${repeat}s`, SHORT_CHAIN);
      const long = await chain(folder, `${repeat}l`, LONG_CHAIN);
      costs.stepProcess.push((long - short) / (LONG_CHAIN - SHORT_CHAIN));
    }
    return costs;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const IDLE_TASK = "export const task = () => ({});\n";

async function chain(
  folder: string,
  name: string,
  steps: number,
): Promise<number> {
  const file = `${folder}/${name}.yaml`;
  const lines = Array.from(
    { length: steps },
    (_, k) =>
      `      - { name: s${k}, task: script, uses: idle.ts, with: { run: ${name} } }`,
  );
  await Deno.writeTextFile(
    file,
    `name: ${name}\ntraining:\n  pipeline:\n    steps:\n${lines.join("\n")}\n`,
  );
  return await timed([
    "run",
    "--quiet",
    "--no-prompt",
    "-A",
    `${PROJECT}cli.ts`,
    "train",
    file,
    "--engine",
    "wasm",
  ], folder);
}

async function timed(args: string[], cwd: string): Promise<number> {
  const begun = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  const ms = performance.now() - begun;
  if (success) return ms;
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  throw new Error(`deno ${args.join(" ")} failed:\n${text.join("")}`);
}
