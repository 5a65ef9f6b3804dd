// Declares `fluxline generate` and `fluxline interpolate`, which draw with the same options.
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseSize, type PictureSides } from "../../catalog/picture_size.ts";
import {
  collect,
  command,
  type CommandPlace,
  numberIn,
  wholeNumber,
  withOverrides,
  withRuns,
} from "./command_options.ts";

const GENERATE_EXAMPLES = `\
  deno task generate pipelines/spade.yaml --prompt "red heart" --to hearts
  deno task generate pipelines/spade.yaml flow --prompts prompts.txt --count 4 --seed 7 --to drawn
  deno task generate pipelines/spade.yaml --prompt cat --negative dog --guidance 3 --solver euler --steps 50 --to cats
  deno task generate pipelines/spade.yaml --checkpoint exported --prompt "green leaf" --to leaves

Without a step the last one that trains a flow and has a checkpoint draws, finished or not. --prompts takes a file
with one prompt per line, or a folder of .txt files.`;

const INTERPOLATE_EXAMPLES = `\
  deno task interpolate pipelines/spade.yaml --start-prompt "red heart" --end-prompt "blue star" --frames 8 --to way

The vectors of the prompts are mixed in equal strides; every frame starts from the same noise. --count draws several
ways, each from a noise of its own.`;

/** Draw pictures of prompts. */
export function addGenerate({ program, terminal, finish }: CommandPlace): void {
  withDrawing(
    command(program, {
      name: "generate",
      summary: "Draw pictures of prompts with trained weights",
      examples: GENERATE_EXAMPLES,
    })
      .option("--prompt <text>", "a prompt; may be repeated", collect, [])
      .option("--prompts <path>", "a file or a folder of prompts"),
  ).action(async (file, step, options) => {
    const { generateCommand } = await import("../generate_command.ts");
    finish(await generateCommand(file, step, options, terminal));
  });
}

/** Draw the way from one prompt to another. */
export function addInterpolate(
  { program, terminal, finish }: CommandPlace,
): void {
  withDrawing(
    command(program, {
      name: "interpolate",
      summary: "Draw the way from one prompt to another",
      examples: INTERPOLATE_EXAMPLES,
    })
      .requiredOption("--start-prompt <text>", "the first frame's prompt")
      .requiredOption("--end-prompt <text>", "the last frame's prompt")
      .option("--frames <n>", "pictures, both ends included", frames, 8),
  ).action(async (file, step, options) => {
    const { interpolateCommand } = await import("../generate_command.ts");
    finish(await interpolateCommand(file, step, options, terminal));
  });
}

function withDrawing(command: Command): Command {
  return withOverrides(
    withRuns(
      command
        .argument("<file>", "the pipeline, a YAML file")
        .argument("[step]", "a step that trained a flow")
        .requiredOption("--to <dir>", "folder to make; it must not exist")
        .option("--checkpoint <path>", "draw with weight files instead")
        .option("--seed <n>", "of the noise; default: the pipeline's", seed)
        .option("--size <WxH>", "default: that of the training data", size)
        .option("--steps <n>", "steps of the solver", steps, 20)
        .option("--guidance <g>", "1 is the model's own pull", guidance, 1)
        .option("--negative <text>", "prompt to pull away from", "")
        .addOption(
          new Option("--solver <name>", "how the noise is followed")
            .choices(["dpm++", "euler"]).default("dpm++"),
        )
        .addOption(
          new Option("--weights <which>", "averaged weights, or the last ones")
            .choices(["ema", "raw"]).default("ema"),
        )
        .option("--count <n>", "pictures per prompt", wholeNumber, 1),
    ),
  ).option("--json", "print paths and what made the pictures");
}

function size(text: string): PictureSides {
  const sides = parseSize(text);
  if (sides !== null) return sides;
  throw new InvalidArgumentError("Wanted a side such as 64, or 64x32");
}

function seed(text: string): number {
  return numberIn(text, { least: 0, most: Number.MAX_SAFE_INTEGER });
}

function steps(text: string): number {
  return numberIn(text, { least: 1, most: 1000 });
}

function frames(text: string): number {
  return numberIn(text, { least: 2, most: 1000 });
}

function guidance(text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError("Wanted a number from 0 up");
}
