// JPEG bytes to RGB pixels by libjpeg as WASM: kept from files that claim more than they hold, and made anew behind each that fails.
import { fileURLToPath } from "node:url";
import decode, { init } from "@jsquash/jpeg/decode.js";
import { PictureFailure, type PictureHeader } from "./image_header.ts";

/** The one file that the decoder reads; a step's process is granted it by this name. */
export const JPEG_WASM_FILE = "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm";

/** RGBA bytes, [height * width * 4]. */
interface DecodedJpeg {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

// A block of 64 pixels takes a bit at the very least.
const MOST_PIXELS_PER_BYTE = 8 * 64;
/** A picture of so few pixels is decoded whatever its file says of itself. */
const HARMLESS_PIXELS = 4_000_000;
/** A progressive file has a dozen scans; each is a pass over the whole picture. */
const MOST_SCANS = 500;
const SCAN_MARK = 0xda;

/** Compiled once; a decoder of it is there from the first JPEG on, and not after a failure. */
let compiled: Promise<WebAssembly.Module> | null = null;
let ready: Promise<void> | null = null;
/** What libjpeg said of the present file; it would go to the console. */
let said = "";

/**
 * Pixels of a JPEG whose header was read.
 *
 * @throws {PictureFailure} when the data are damaged, or cannot be those of the picture.
 */
export async function decodeJpeg(
  bytes: Uint8Array,
  header: PictureHeader,
): Promise<DecodedJpeg> {
  refuseFalseJpeg(bytes, header);
  ready ??= start();
  await ready;
  said = "";
  try {
    const { width, height, data } = await decode(
      bytes.slice().buffer as ArrayBuffer,
    );
    return { width, height, data: data as Uint8ClampedArray };
  } catch (cause) {
    // It keeps the memory of a picture that it gave up, and stays broken where that was too little.
    ready = null;
    const reason = said === "" ? "" : ` (${said})`;
    throw new PictureFailure(`its JPEG data are damaged${reason}`, cause);
  }
}

function refuseFalseJpeg(
  bytes: Uint8Array,
  { width, height }: PictureHeader,
): void {
  const pixels = width * height;
  if (
    pixels > HARMLESS_PIXELS && pixels > bytes.length * MOST_PIXELS_PER_BYTE
  ) {
    throw new PictureFailure(
      `its header claims ${width}x${height} pixels, its ${bytes.length} bytes cannot hold these`,
    );
  }
  let scans = 0;
  for (let at = bytes.indexOf(0xff); at >= 0;) {
    if (bytes[at + 1] === SCAN_MARK) scans++;
    at = bytes.indexOf(0xff, at + 1);
  }
  if (scans > MOST_SCANS) {
    throw new PictureFailure(`it has ${scans} scans, at most ${MOST_SCANS}`);
  }
}

/** The package would fetch its wasm file from an address, which a step may not; here it gets the compiled module. */
async function start(): Promise<void> {
  compiled ??= Deno.readFile(fileURLToPath(import.meta.resolve(JPEG_WASM_FILE)))
    .then((bytes) => WebAssembly.compile(bytes));
  const module = await compiled;
  await (init as (
    module: WebAssembly.Module,
    options: { readonly printErr: (text: string) => void },
  ) => Promise<void>)(module, { printErr: (text) => said = text });
}
