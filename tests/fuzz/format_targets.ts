// Readers of file formats that others write: safetensors, tar, pictures, tokenizers, captions.
import { isAbsolute, join, normalize } from "node:path";
import crc32 from "crc-32";
import fc from "fast-check";
import { buildShardIndex } from "../../lib/data/shard_index.ts";
import { buildWordTokenizer, loadTokenizer } from "../../lib/data/tokenizer.ts";
import { tokenizerFacts } from "../../lib/exchange/tokenizer_file.ts";
import { parseCaptions } from "../../lib/format/captions.ts";
import { decodeImage, encodePng } from "../../lib/format/image_codec.ts";
import { readPictureHeader } from "../../lib/format/image_header.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
} from "../../lib/format/safetensors.ts";
import { TarFailure } from "../../lib/format/tar_members.ts";
import { jpegOfHalves } from "../format/jpeg_picture.ts";
import { samples, tarOf } from "../shards/made_shard.ts";
import { mutatedBytes, mutatedText } from "./mutated_bytes.ts";
import { mutatedJson } from "./mutated_json.ts";
import type { ReaderTarget } from "./reader_target.ts";

/** Any reader of these; `folder` is for those that read files. */
export async function formatTargets(folder: string): Promise<ReaderTarget[]> {
  return [
    safetensorsTarget() as ReaderTarget,
    await tarTarget(folder) as ReaderTarget,
    pngTarget() as ReaderTarget,
    await jpegTarget() as ReaderTarget,
    tokenizerTarget() as ReaderTarget,
    captionsTarget() as ReaderTarget,
  ];
}

function safetensorsTarget(): ReaderTarget<Uint8Array> {
  const array = (count: number) => ({
    dtype: "F32" as const,
    shape: [count],
    data: new Float32Array(count),
  });
  const good = [
    encodeSafetensors(new Map([["a", array(2)], ["b.c", array(5)]])),
    encodeSafetensors(new Map([["x", { ...array(6), shape: [2, 3] }]]), {
      format: "pt",
    }),
    encodeSafetensors(new Map()),
  ];
  const words = [
    ...["9007199254740993", "1e308", "-1", "[", "]", "null", '"shape":[1e12]'],
    ...['"dtype":"F64"', '"data_offsets":[0,4000000000000]', "__proto__"],
    ...["[4294967296,4294967296]", "[0,9999999999999]"],
  ];
  return {
    name: "safetensors",
    inputs: mutatedBytes(good, words),
    read: (bytes) => {
      const { tensors } = decodeSafetensors(bytes);
      for (const { shape, data } of tensors.values()) {
        const count = shape.reduce((product, side) => product * side, 1);
        if (count !== data.length) {
          throw new Error(`${count} of ${data.length}`);
        }
      }
    },
  };
}

async function tarTarget(folder: string): Promise<ReaderTarget<Uint8Array>> {
  const path = join(folder, "shard.tar");
  const good = [
    await tarOf(samples(0, 2)),
    await tarOf([["../../a.png", "x"], ["/etc/b.json", "{}"]]),
    await tarOf([[`${"long/".repeat(60)}c.png`, "x"]]),
  ];
  const words = ["ustar\0" + "00", "L", "x", "77777777777\0", "g", "S", "2"];
  const keys = { image: "png", label: "json", caption: "prompt" };
  return {
    name: "tar",
    inputs: mutatedBytes(good, words).map(blocksWithEnd),
    read: async (bytes) => {
      Deno.writeFileSync(path, bytes);
      for (const sample of (await buildShardIndex(path, keys)).samples) {
        const { offset, sizeBytes } = sample;
        const isInside = offset >= 0 && sizeBytes >= 0 &&
          offset + sizeBytes <= bytes.length;
        if (!isInside && typeof sample.header !== "string") {
          throw new Error(`${offset} + ${sizeBytes} of ${bytes.length}`);
        }
      }
    },
    isOwn: (error) => error instanceof TarFailure,
  };
}

/** Without whole blocks and an end, an archive is refused before its headers are read. */
function blocksWithEnd(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.length / 512) + 2;
  const whole = new Uint8Array(blocks * 512);
  whole.set(bytes);
  return whole;
}

function pngTarget(): ReaderTarget<Uint8Array> {
  const picture = (channels: 1 | 2 | 3 | 4, side: number) =>
    encodePng({
      ...{ width: side, height: side, channels },
      data: Uint8Array.from(
        { length: side * side * channels },
        (_, at) => at * 7 % 256,
      ),
    });
  const good = [picture(3, 4), picture(4, 9), picture(1, 16), picture(2, 3)];
  const words = [
    "IHDR",
    "IDAT",
    "IEND",
    "PLTE",
    "tRNS",
    "iCCP",
    "acTL",
    "tEXt",
  ];
  return {
    name: "png",
    // Half of them have right checksums, else nothing behind the checksum would ever be reached.
    inputs: fc.tuple(mutatedBytes(good, words), fc.boolean())
      .map(([bytes, isRight]) => isRight ? withRightChecksums(bytes) : bytes),
    read: readPicture,
  };
}

async function jpegTarget(): Promise<ReaderTarget<Uint8Array>> {
  const colours = [[200, 10, 10], [10, 10, 200]] as const;
  const good = [
    await jpegOfHalves(8, 8, colours),
    await jpegOfHalves(40, 24, colours),
  ];
  const words = ["\xff\xd8", "\xff\xda", "\xff\xc0", "\xff\xd9", "\xff\xff"];
  return {
    name: "jpeg",
    inputs: mutatedBytes(good, words),
    read: async (bytes) => {
      // What was wrong with one picture must not reach the next one.
      await using _next = {
        [Symbol.asyncDispose]: async () => void await decodeImage(good[1]!),
      };
      await readPicture(bytes);
    },
  };
}

async function readPicture(bytes: Uint8Array): Promise<void> {
  const { width, height, data } = await decodeImage(bytes);
  const claimed = readPictureHeader(bytes);
  if (
    data.length !== width * height * 3 || claimed.width !== width ||
    claimed.height !== height
  ) throw new Error(`${width}x${height}: ${data.length} bytes`);
}

function withRightChecksums(bytes: Uint8Array): Uint8Array {
  const right = Uint8Array.from(bytes);
  const view = new DataView(right.buffer);
  for (let at = 8; at + 12 <= right.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > right.length) break;
    view.setInt32(end, crc32.buf(right.subarray(at + 4, end)));
    at = end + 4;
  }
  return right;
}

function tokenizerTarget(): ReaderTarget<string> {
  const words = buildWordTokenizer(["a red square", "a blue circle"], 16);
  const unigram = {
    ...words,
    model: {
      ...{ type: "Unigram", unk_id: 0 },
      vocab: [["[UNK]", 0], ["[PAD]", 0], ["a", -1], ["red", -2]],
    },
  };
  const pairs = {
    ...words,
    model: {
      ...{ type: "BPE", unk_token: "[UNK]", merges: ["r e", "re d"] },
      vocab: { "[UNK]": 0, "[PAD]": 1, r: 2, e: 3, d: 4, re: 5, red: 6 },
    },
  };
  return {
    name: "tokenizer",
    inputs: mutatedJson([words, unigram, pairs], "plain"),
    read: (text) => {
      tokenizerFacts(text);
      const tokenizer = loadTokenizer(JSON.parse(text));
      for (const caption of ["", "a red square", "\u0000é 漢字 🙂"]) {
        const { ids, mask } = tokenizer.encode(caption, 8);
        if (ids.length !== 8 || mask.length !== 8) throw new Error("not 8");
        const isKnown = (id: number) => id >= 0 && id < tokenizer.vocabSize;
        if (!ids.every(isKnown)) throw new Error(`ids ${ids}`);
      }
    },
  };
}

function captionsTarget(): ReaderTarget<string> {
  const good = ["a.png\ta red square\nb/c.png\tblue\n", "x\ty\n"];
  const words = ["../", "/", "\t", "\n", "\r", "\0", "..\\", "C:\\", "\ufeff"];
  return {
    name: "captions",
    inputs: mutatedText(good, words),
    place: "captions.tsv",
    read: (text) => {
      for (const { name } of parseCaptions(text, "captions.tsv")) {
        const path = normalize(join("/images", name));
        if (isAbsolute(name) || !path.startsWith("/images/")) {
          throw new Error(`"${name}" leads to ${path}`);
        }
        if (name.includes("\0")) throw new Error("a name with NUL");
      }
    },
  };
}
