// deno task figures: writes the README's figures from a finished run of pipelines/spade.yaml, with commit, machine and command.
import { cpus } from "node:os";
import { join } from "node:path";
import { Failure } from "../../lib/error/failure.ts";
import { formatDuration } from "../../lib/clock/duration.ts";
import type { RunStatus, StepStatus } from "../../lib/store/run_status.ts";
import {
  type Comparison,
  comparisonOf,
  finishedRun,
  stepOf,
} from "./finished_run.ts";

const README = new URL("../../README.md", import.meta.url);
const DOCS = new URL("../../docs/", import.meta.url);
const OPENING = "<!-- figures: spade -->";
const CLOSING = "<!-- end of figures -->";
/** Picture of a step, under the name that the README shows. */
const PICTURES = [
  { step: "compare", name: "reconstructions.png" },
  { step: "generate", name: "generated.png" },
] as const;

async function writeFigures(runsDir: string): Promise<void> {
  const status = await finishedRun(runsDir, "spade");
  const text = figuresOf(status, comparisonOf(status));
  await Deno.mkdir(DOCS, { recursive: true });
  for (const { step, name } of PICTURES) {
    const { folder, result } = stepOf(status, step);
    const picture = result?.pictures?.[0];
    if (picture === undefined) {
      throw new RangeError(`Step "${step}" made no picture`);
    }
    await Deno.copyFile(join(folder, picture), new URL(name, DOCS));
  }
  const readme = await Deno.readTextFile(README);
  const [before, rest] = readme.split(OPENING) as [string, string];
  const after = rest.split(CLOSING)[1]!;
  await Deno.writeTextFile(
    README,
    `${before}${OPENING}\n\n${text}\n\n${CLOSING}${after}`,
  );
}

function figuresOf(status: RunStatus, comparison: Comparison): string {
  const [on, off] = comparison.arms as [
    Comparison["arms"][number],
    Comparison["arms"][number],
  ];
  const rows = status.steps.map((step) => `| ${rowOf(step).join(" | ")} |`);
  const total = status.steps.reduce(
    (sum, step) => sum + (step.elapsedMs ?? 0),
    0,
  );
  return [
    `A run of \`deno task train pipelines/spade.yaml\` at commit ${commit()} on ${machine()}; written by \`deno task figures\`:`,
    ["| step | task | epochs | time |", "| --- | --- | --- | --- |", ...rows]
      .join("\n"),
    `Together ${
      formatDuration(total)
    }. On ${comparison.count} held-out pictures, decoded from the latent mean (${comparison.latent.numbers} numbers for ${comparison.latent.image_numbers}):`,
    [
      "| | L1 | of the mean image's | PSNR | SSIM |",
      "| --- | --- | --- | --- | --- |",
      `| mean image | ${comparison.baseline.recon_l1.toFixed(4)} | 1 | | |`,
      ...[on, off].map((arm) =>
        `| ${arm.step} | ${arm.means.recon_l1.toFixed(4)} | ${
          arm.ratio.toFixed(3)
        } | ${arm.means.psnr.toFixed(2)} dB | ${arm.means.ssim.toFixed(3)} |`
      ),
    ].join("\n"),
    `The verdict, as the run prints it: ${comparison.verdict.sentence}`,
    "![Rows of icons: held-out originals, and what each arm makes of them](docs/reconstructions.png)",
    "Generated from captions by the flow model:",
    "![A grid of generated icons, one row per caption](docs/generated.png)",
  ].join("\n\n");
}

function rowOf(step: StepStatus): string[] {
  const epochs = step.result?.epochs;
  return [
    step.name,
    step.task,
    epochs === undefined ? "" : String(epochs),
    formatDuration(step.elapsedMs ?? 0),
  ];
}

function commit(): string {
  const { stdout } = new Deno.Command("git", {
    args: ["rev-parse", "--short", "HEAD"],
  }).outputSync();
  return `\`${new TextDecoder().decode(stdout).trim()}\``;
}

function machine(): string {
  const processors = cpus();
  return `${processors.length} cores (${
    processors[0]?.model.replace(/\s+/g, " ").trim() ?? "unknown"
  }), Deno ${Deno.version.deno}`;
}

try {
  await writeFigures(Deno.args[0] ?? "runs");
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`error: ${error.message}\n${error.hint ?? ""}`);
  Deno.exitCode = error.exitCode;
}
