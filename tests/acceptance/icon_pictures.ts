// Real pictures with captions for small runs: a few Noto emoji, drawn as PNG in a fraction of a second.
import noto from "@iconify-json/noto/icons.json" with { type: "json" };
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { encode } from "fast-png";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const TRAINED = [
  ...["red-heart", "blue-heart", "green-heart", "yellow-heart"],
  ...["orange-circle", "blue-circle", "green-circle", "purple-circle"],
  ...["evergreen-tree", "deciduous-tree", "palm-tree", "cactus"],
  ...["blue-book", "green-book", "orange-book", "closed-book"],
  ...["cat-face", "dog-face", "mouse-face", "bear"],
  ...["red-apple", "green-apple", "lemon"],
];
const HELD_OUT = ["purple-heart", "red-circle", "tiger-face", "pear"];

/** Pictures to train on; an odd number, so that the last batch is smaller. */
export const TRAINED_COUNT: number = TRAINED.length;
/** Pictures that no step trains on. */
export const HELD_OUT_COUNT: number = HELD_OUT.length;

let engine: Promise<void> | undefined;

/** Draws `train/`, `train.tsv`, `heldout/` and `heldout.tsv` into `folder`, `side` pixels wide and high. */
export async function drawIconPictures(
  folder: string,
  side: number,
): Promise<void> {
  engine ??= startDrawing();
  await engine;
  const sides = { train: TRAINED, heldout: HELD_OUT };
  for (const [name, icons] of Object.entries(sides)) {
    await Deno.mkdir(join(folder, name));
    const lines: string[] = [];
    for (const icon of icons) {
      await Deno.writeFile(
        join(folder, name, `${icon}.png`),
        drawIcon(icon, side),
      );
      lines.push(`${icon}.png\t${icon.replaceAll("-", " ")}\n`);
    }
    await Deno.writeTextFile(join(folder, `${name}.tsv`), lines.join(""));
  }
}

async function startDrawing(): Promise<void> {
  const path = fileURLToPath(
    import.meta.resolve("@resvg/resvg-wasm/index_bg.wasm"),
  );
  await initWasm(await Deno.readFile(path));
}

function drawIcon(name: string, side: number): Uint8Array {
  const icons: Readonly<Record<string, { readonly body: string }>> = noto.icons;
  const icon = icons[name];
  if (icon === undefined) throw new RangeError(`There is no icon "${name}"`);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 ${noto.width} ${noto.height}">${icon.body}</svg>`;
  const drawing = new Resvg(svg, {
    background: "#ffffff",
    fitTo: { mode: "width", value: side },
  });
  const { pixels } = drawing.render();
  const data = pixels.filter((_, at) => at % 4 < 3);
  return encode({ width: side, height: side, channels: 3, data });
}
