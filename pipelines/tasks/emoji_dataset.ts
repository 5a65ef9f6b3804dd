// A data set that every machine can make: the Noto emoji (Apache-2.0) of an npm package, drawn as small PNG pictures.
import noto from "@iconify-json/noto/icons.json" with { type: "json" };
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { encode } from "fast-png";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineTask, StepFailure, type TaskContext } from "../../mod.ts";
import { captionOf, hasSkinTone, splitNames } from "./emoji_names.ts";

/** The step's `with`; everything has a default. */
export interface EmojiOptions {
  /** Side of the pictures in pixels; 32. */
  readonly size?: number;
  /** Pictures that are held out; 200. */
  readonly heldout?: number;
  /** At most this many pictures, held-out ones included; null for all. */
  readonly limit?: number | null;
  /** Whether each skin tone is a picture of its own; false. */
  readonly skin_tones?: boolean;
  /** Colour behind the icons, as #rrggbb; white. */
  readonly background?: string;
}

type DrawnSet = ReadonlyMap<string, Uint8Array>;

const DEFAULTS: Required<EmojiOptions> = {
  size: 32,
  heldout: 200,
  limit: null,
  skin_tones: false,
  background: "#ffffff",
};

/** Icons that make resvg 2.6.2 panic, at every size. A panic leaves its WASM memory unusable for the rest of the process. */
const UNDRAWABLE: ReadonlySet<string> = new Set(["package", "rainbow-flag"]);
/** Icons between two looks at the clock of the event loop, where a stop is seen. */
const ICONS_PER_TURN = 50;

export const task = defineTask<EmojiOptions>(async (context) => {
  const options = checkedOptions(context.options);
  const drawn = await drawIcons(options, context);
  const split = splitNames([...drawn.keys()], options, context.seed);
  for (const side of ["train", "heldout"] as const) {
    if (split[side].length === 0) {
      throw new StepFailure(
        `Cannot split ${drawn.size} pictures: no group of variants fits into "${side}"`,
        { hint: "Set `limit` and `heldout` further apart, or higher" },
      );
    }
    await writeSide(join(context.output, side), split[side], drawn, options);
  }
  return {
    metrics: { train: split.train.length, heldout: split.heldout.length },
    summary:
      `${split.train.length} pictures to train on, ${split.heldout.length} held out`,
  };
});

/**
 * Draws every icon that is asked for. A picture that another icon has already is left out: the set has aliases, and a
 * held-out picture must not be trained on under a second name.
 *
 * @throws the signal's reason when it is aborted
 */
async function drawIcons(
  options: Required<EmojiOptions>,
  context: TaskContext<EmojiOptions>,
): Promise<DrawnSet> {
  await initWasm(
    await Deno.readFile(
      fileURLToPath(import.meta.resolve("@resvg/resvg-wasm/index_bg.wasm")),
    ),
  );
  const names = Object.keys(noto.icons).filter((name) =>
    !UNDRAWABLE.has(name) && (options.skin_tones || !hasSkinTone(name))
  );
  const drawn = new Map<string, Uint8Array>();
  const seen = new Set<string>();
  for (const [done, name] of names.entries()) {
    const pixels = drawIcon(name, options);
    const content = pixels.toBase64();
    if (!seen.has(content)) drawn.set(name, pixels);
    seen.add(content);
    if (done % ICONS_PER_TURN !== 0) continue;
    context.progress(done, names.length, "render");
    await new Promise((resolve) => setTimeout(resolve, 0));
    context.signal.throwIfAborted();
  }
  context.progress(names.length, names.length, "render");
  context.log(
    `drew ${names.length} icons, ${drawn.size} of them different; left out ${
      [...UNDRAWABLE].join(", ")
    }`,
  );
  return drawn;
}

/** Rows of RGB bytes, [size * size * 3]. */
function drawIcon(name: string, options: Required<EmojiOptions>): Uint8Array {
  const { size, background } = options;
  const icons: Readonly<
    Record<string, { body: string; width?: number; height?: number }>
  > = noto.icons;
  const icon = icons[name]!;
  const box = `0 0 ${icon.width ?? noto.width} ${icon.height ?? noto.height}`;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="${box}" width="${size}" height="${size}">${icon.body}</svg>`;
  try {
    const drawing = new Resvg(svg, {
      background,
      fitTo: { mode: "width", value: size },
    });
    const picture = drawing.render();
    const pixels = withoutAlpha(picture.pixels);
    picture.free();
    drawing.free();
    return pixels;
  } catch (error) {
    throw new StepFailure(
      `Cannot draw icon "${name}": ${
        error instanceof Error ? error.message : String(error)
      }`,
      { cause: error, hint: "Add its name to UNDRAWABLE of this task" },
    );
  }
}

function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(rgba.length / 4 * 3);
  for (let pixel = 0; pixel * 4 < rgba.length; pixel++) {
    rgb.set(rgba.subarray(pixel * 4, pixel * 4 + 3), pixel * 3);
  }
  return rgb;
}

async function writeSide(
  folder: string,
  names: readonly string[],
  drawn: DrawnSet,
  { size }: Required<EmojiOptions>,
): Promise<void> {
  await Deno.mkdir(folder);
  const lines: string[] = [];
  for (const name of names) {
    const data = drawn.get(name)!;
    const png = encode({ width: size, height: size, channels: 3, data });
    await Deno.writeFile(join(folder, `${name}.png`), png);
    lines.push(`${name}.png\t${captionOf(name)}\n`);
  }
  await Deno.writeTextFile(`${folder}.tsv`, lines.join(""));
}

function checkedOptions(given: EmojiOptions): Required<EmojiOptions> {
  const unknown = Object.keys(given).find((key) => !(key in DEFAULTS));
  if (unknown !== undefined) {
    throw new StepFailure(
      `Cannot use option "${unknown}": wanted one of ${
        Object.keys(DEFAULTS).join(", ")
      }`,
    );
  }
  const options = { ...DEFAULTS, ...given };
  const { size, heldout, limit, skin_tones, background } = options;
  want("size", size, "a whole number of 8 to 512", isWhole(size, 8, 512));
  want("heldout", heldout, "a whole number above 0", isWhole(heldout, 1));
  want(
    "limit",
    limit,
    `null or a whole number above \`heldout\`, which is ${heldout}`,
    limit === null || isWhole(limit, heldout + 1),
  );
  want("skin_tones", skin_tones, "true or false", isBoolean(skin_tones));
  want(
    "background",
    background,
    'a colour such as "#ffffff"',
    /^#[0-9a-f]{6}$/i.test(String(background)),
  );
  return options;
}

function want(
  key: string,
  found: unknown,
  wanted: string,
  isRight: boolean,
): void {
  if (isRight) return;
  throw new StepFailure(
    `Cannot use option "${key}": found ${
      JSON.stringify(found)
    }, wanted ${wanted}`,
  );
}

function isWhole(value: unknown, min: number, max = Infinity): boolean {
  return Number.isInteger(value) && Number(value) >= min &&
    Number(value) <= max;
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}
