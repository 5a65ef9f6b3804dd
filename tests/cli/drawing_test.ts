// `fluxline generate` and `interpolate` through the real command line, on one project that was trained once.
import assert from "node:assert/strict";
import { decodeImage } from "../../lib/format/image_codec.ts";
import {
  PIPELINE,
  SmallProject,
  vaeStep,
} from "../acceptance/small_project.ts";

const FLOW =
  "{ name: flow, train_diff: true, n_epochs: 1, optimization: { optimizers: { flow: { type: AdamW, lr: 0.001 } } } }";

let trained: Promise<SmallProject> | undefined;

/** The trained project; the last test removes it. */
function project(): Promise<SmallProject> {
  trained ??= SmallProject.open(vaeStep("vae"), FLOW).then(async (made) => {
    const { code, err } = await made.train("--quiet");
    assert.equal(code, 0, err);
    return made;
  });
  return trained;
}

async function drawn(...args: readonly string[]) {
  const { code, out, err } = await (await project()).run(...args, "--json");
  assert.equal(code, 0, err);
  return JSON.parse(out) as {
    grid: string;
    pictures: { path: string; prompt: string; share?: number }[];
    made: Record<string, unknown>;
  };
}

async function bytesOf(path: string): Promise<Uint8Array> {
  return await Deno.readFile((await project()).path(path));
}

const generate = (...args: readonly string[]) =>
  drawn("generate", PIPELINE, "--steps", "3", ...args);

Deno.test("generate draws each prompt, the same bytes for the same seed, whatever else is drawn with it", async () => {
  const first = await generate(
    ...["--prompt", "red heart", "--prompt", "a star", "--count", "2"],
    ...["--seed", "9", "--size", "16x32", "--to", "first"],
  );
  assert.deepEqual(first.pictures.map(({ path, prompt }) => [path, prompt]), [
    ["first/001-red-heart.png", "red heart"],
    ["first/002-red-heart.png", "red heart"],
    ["first/003-a-star.png", "a star"],
    ["first/004-a-star.png", "a star"],
  ]);
  assert.equal(first.grid, "first/grid.png");
  assert.deepEqual([first.made.seed, first.made.size, first.made.solver], [
    9,
    [16, 32],
    "dpm++",
  ]);
  const picture = await decodeImage(await bytesOf("first/001-red-heart.png"));
  assert.deepEqual([picture.width, picture.height], [16, 32]);
  const grid = await decodeImage(await bytesOf(first.grid));
  assert.deepEqual([grid.width, grid.height], [
    2 * (16 * 3 + 4) + 4,
    2 * (32 * 3 + 4) + 4,
  ]);
  const again = await generate(
    ...["--prompt", "red heart", "--seed", "9", "--size", "16x32"],
    ...["--to", "again"],
  );
  assert.deepEqual(
    await bytesOf(again.pictures[0]!.path),
    await bytesOf(first.pictures[0]!.path),
  );
  const other = await generate(
    ...["--prompt", "red heart", "--seed", "10", "--size", "16x32"],
    ...["--solver", "euler", "--to", "other"],
  );
  assert.notDeepEqual(
    await bytesOf(other.pictures[0]!.path),
    await bytesOf(first.pictures[0]!.path),
  );
});

Deno.test("interpolate begins and ends with the prompts themselves, from one noise", async () => {
  const way = await drawn(
    ...["interpolate", PIPELINE, "flow", "--steps", "3", "--frames", "3"],
    ...["--start-prompt", "red heart", "--end-prompt", "a star"],
    ...["--to", "way"],
  );
  assert.deepEqual(way.pictures.map(({ share }) => share), [0, 0.5, 1]);
  const strip = await decodeImage(await bytesOf("way/strip.png"));
  assert.deepEqual([strip.width, strip.height], [3 * 52 + 4, 52 + 4]);
  const pictures = await Promise.all(
    way.pictures.map(({ path }) => bytesOf(path)),
  );
  for (const [prompt, frame] of [["red heart", 0], ["a star", 2]] as const) {
    const alone = await generate("--prompt", prompt, "--to", `end-${frame}`);
    assert.deepEqual(await bytesOf(alone.pictures[0]!.path), pictures[frame]);
    assert.notDeepEqual(pictures[1], pictures[frame]);
  }
});

Deno.test("exported files draw what their step draws; prompts come from a file and from a folder", async () => {
  const { path, run } = await project().then((made) => ({
    path: made.path.bind(made),
    run: made.run.bind(made),
  }));
  const exported = await run(
    ...["export", PIPELINE, "flow", "--to", "out", "--weights", "raw"],
  );
  assert.equal(exported.code, 0, exported.err);
  await Deno.writeTextFile(path("prompts.txt"), "a star\n\n  red heart \n");
  await Deno.mkdir(path("prompts"));
  await Deno.writeTextFile(path("prompts/b.txt"), "red heart\n");
  await Deno.writeTextFile(path("prompts/a.txt"), "a star");
  const step = await generate(
    ...["--prompts", "prompts.txt", "--weights", "raw", "--to", "by-step"],
  );
  const files = await generate(
    ...["--checkpoint", "out", "--prompts", "prompts", "--size", "16"],
    ...["--to", "by-files"],
  );
  assert.deepEqual(step.pictures.map(({ prompt }) => prompt), [
    "a star",
    "red heart",
  ]);
  for (const [index, { path }] of step.pictures.entries()) {
    assert.deepEqual(
      await bytesOf(files.pictures[index]!.path),
      await bytesOf(path),
    );
  }
  const unsized = await run(
    ...["generate", PIPELINE, "--checkpoint", "out", "--prompt", "x"],
    ...["--to", "unsized"],
  );
  assert.equal(unsized.code, 3);
  assert.match(unsized.err, /do not tell the size .*\n.*`--size`/);
});

Deno.test("an unfinished step draws with what it saved, and says so", async () => {
  const made = await project();
  const marker = `${made.stepFolder("flow")}/complete.json`;
  await Deno.rename(marker, `${marker}.aside`);
  try {
    const { code, err } = await made.run(
      ...["generate", PIPELINE, "--prompt", "red heart", "--steps", "2"],
      ...["--to", "unfinished"],
    );
    assert.equal(code, 0, err);
    assert.match(err, /Step "flow" has not finished; its weights are those /);
  } finally {
    await Deno.rename(`${marker}.aside`, marker);
  }
});

const GENERATE = ["generate", PIPELINE, "--to", "refused"];
const REFUSALS: readonly [readonly string[], number, RegExp][] = [
  [GENERATE, 2, /Cannot draw: no prompt is given/],
  [[...GENERATE, "--prompt", " "], 2, /Cannot draw a blank prompt/],
  [[...GENERATE, "--prompts", "none.txt"], 3, /there is no "none\.txt"/],
  [[...GENERATE, "--prompts", "empty.txt"], 3, /holds no prompt/],
  [[...GENERATE, "--prompt", "x", "--solver", "heun"], 2, /dpm\+\+, euler/],
  [
    [...GENERATE, "--prompt", "x", "--size", "18x30"],
    2,
    /it is 18x30.*multiples of 4\n.*The nearest sizes are 16x28 and 20x32/,
  ],
  [[...GENERATE, "--prompt", "x", "--size", "big"], 2, /Wanted a side/],
  [[...GENERATE, "--prompt", "x", "--seed", "-1"], 2, /whole number from 0/],
  [[...GENERATE, "--prompt", "x", "--guidance", "no"], 2, /from 0 up/],
  [[...GENERATE, "nope", "--prompt", "x"], 2, /has no step "nope"\n.*: flow/],
  [[...GENERATE, "vae", "--prompt", "x"], 2, /"vae": it trains no flow/],
  [
    [...GENERATE, "--prompt", "x", "--set", "seed=77"],
    3,
    /weights of "flow": no checkpoint was saved/,
  ],
  [
    [...GENERATE, "flow", "--prompt", "x", "--checkpoint", "out"],
    2,
    /with step "flow" and with "out"/,
  ],
  [
    [...GENERATE, "--prompt", "x", "--size", "100000x100000"],
    2,
    /a side of this model has at most 4096 pixels/,
  ],
  [
    [...GENERATE, "--prompt", "x", "--checkpoint", "nowhere"],
    3,
    /Cannot find the weights "nowhere"/,
  ],
  [["generate", PIPELINE, "--prompt", "x", "--to", "train"], 2, /exists/],
  [
    ["interpolate", PIPELINE, "--start-prompt", "a", "--to", "refused"],
    2,
    /--end-prompt/,
  ],
];

for (const [args, wanted, message] of REFUSALS) {
  Deno.test(`refused: ${args.slice(2).join(" ")}`, async () => {
    const made = await project();
    await made.write("empty.txt", "\n \n");
    const { code, out, err } = await made.run(...args);
    assert.deepEqual([code, out], [wanted, ""], err);
    assert.match(err, message);
    assert.doesNotMatch(err, /^ +at /m);
    assert.ok(!await isThere(made.path("refused")));
  });
}

Deno.test("Ctrl-C ends a drawing with 130 and leaves nothing behind", async () => {
  const made = await project();
  const before = namesIn(made.root);
  const child = made.start(
    ...["generate", PIPELINE, "--prompt", "x", "--count", "64"],
    ...["--steps", "1000", "--to", "long"],
  );
  while (namesIn(made.root).length === before.length) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, 1500));
  child.kill("SIGINT");
  const { code, err } = await made.finish(child);
  assert.equal(code, 130, err);
  assert.match(err, /Stopped: no picture was kept/);
  assert.deepEqual(namesIn(made.root), before);
  await made[Symbol.asyncDispose]();
});

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
