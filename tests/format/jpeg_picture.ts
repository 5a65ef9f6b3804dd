// JPEG bytes for tests, made by the encoder that the decoder's package brings.
import { fileURLToPath } from "node:url";
import encode, { init } from "@jsquash/jpeg/encode.js";

let encoder: Promise<void> | null = null;

/** A JPEG of one colour on the left half and another on the right. */
export async function jpegOfHalves(
  width: number,
  height: number,
  colours: readonly [left: readonly number[], right: readonly number[]],
): Promise<Uint8Array<ArrayBuffer>> {
  encoder ??= start();
  await encoder;
  const data = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < width * height; at++) {
    const colour = colours[at % width < width / 2 ? 0 : 1];
    data.set([...colour, 255], at * 4);
  }
  const picture = { width, height, data, colorSpace: "srgb" } as ImageData;
  return new Uint8Array(await encode(picture, { quality: 95 }));
}

async function start(): Promise<void> {
  const file = fileURLToPath(
    import.meta.resolve("@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm"),
  );
  const module = await WebAssembly.compile(await Deno.readFile(file));
  await (init as (module: WebAssembly.Module) => Promise<void>)(module);
}
