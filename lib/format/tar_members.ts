// The files inside a tar archive, with the places of their bytes, in one pass: whoever knows a place needs no second pass.
import { createHash } from "node:crypto";
import type { Extract } from "tar-stream";
// Every plan may come upon shards, and few do: the package is loaded with the first one.
import defer * as tar from "tar-stream";

/** A regular file inside an archive. */
export interface TarMember {
  /** As the archive spells it, folders included. */
  readonly name: string;
  /** Place of the first byte of the content, from the start of the archive. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** As many of the first bytes as were asked for. */
  readonly start: Uint8Array;
  /** Of the whole content; 64 lower-case hex digits. */
  readonly sha256: string;
}

/** The archive cannot be read; `reason` is one clause. */
export class TarFailure extends Error {
  override readonly name = "TarFailure";
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

const BLOCK_BYTES = 512;

/**
 * Walks the archive at `path`; `startBytes` says how much of each file's content is wanted.
 *
 * @throws {TarFailure} for an archive that is compressed, damaged or cut.
 */
export async function* tarMembers(
  path: string,
  startBytes: (name: string) => number,
): AsyncGenerator<TarMember> {
  using file = await Deno.open(path, { read: true });
  await refuseOddEnds(file);
  const archive = tar.extract();
  const pumping = pump(file, archive);
  // Awaited below too, but the walk would wait for ever for what cannot be read.
  pumping.catch((error) => archive.destroy(error));
  let last = "";
  try {
    for await (const entry of archive) {
      const { name, type, size } = entry.header;
      last = name;
      if (type !== "file" && type !== "contiguous-file") {
        entry.resume();
        continue;
      }
      const wanted = Math.min(size, startBytes(name));
      const content = await readContent(entry, wanted);
      // The place that tar-stream tells is that of the header.
      const offset = entry.offset + BLOCK_BYTES;
      yield { name, offset, sizeBytes: size, ...content };
    }
    await pumping;
  } catch (error) {
    if (!(error instanceof Error) || !TAR_ERROR.test(error.message)) {
      throw error;
    }
    throw new TarFailure(
      last === ""
        ? "it is no tar archive"
        : `it is damaged or ends behind the start of "${last}"`,
      error,
    );
  } finally {
    archive.destroy();
  }
}

/** What tar-stream says of archives that it cannot read. */
const TAR_ERROR =
  /Invalid tar header|Invalid header|Unexpected end of data|Header exceeds max size|Invalid encoding/;

async function pump(
  file: Deno.FsFile,
  archive: Extract,
): Promise<void> {
  const closed = new Promise<void>((resolve) => archive.once("close", resolve));
  for (;;) {
    const block = new Uint8Array(256 * 1024);
    const count = await file.read(block);
    if (count === null) break;
    if (archive.write(block.subarray(0, count))) continue;
    const drained = new Promise<void>((resolve) =>
      archive.once("drain", resolve)
    );
    await Promise.race([drained, closed]);
    if (archive.destroyed) return;
  }
  archive.end(null);
}

async function readContent(
  content: AsyncIterable<unknown>,
  wanted: number,
): Promise<Pick<TarMember, "start" | "sha256">> {
  const hash = createHash("sha256");
  const start = new Uint8Array(wanted);
  let at = 0;
  for await (const chunk of content) {
    hash.update(chunk as Uint8Array);
    const part = (chunk as Uint8Array).subarray(0, wanted - at);
    start.set(part, at);
    at += part.length;
  }
  return { start: start.subarray(0, at), sha256: hash.digest("hex") };
}

/** An archive ends with a block of zeros; one without it was cut where a file ends, which a reader would not see. */
async function refuseOddEnds(file: Deno.FsFile): Promise<void> {
  const { size } = await file.stat();
  if (size === 0) throw new TarFailure("it is empty");
  const first = new Uint8Array(BLOCK_BYTES);
  const count = await file.read(first) ?? 0;
  if (count >= 2 && first[0] === 0x1f && first[1] === 0x8b) {
    throw new TarFailure(
      "it is compressed, and pictures are read from their places in a plain tar archive",
    );
  }
  if (size < BLOCK_BYTES || size % BLOCK_BYTES !== 0) {
    throw new TarFailure(
      `its ${size} bytes are no whole number of blocks: it was cut, or it is no tar archive`,
    );
  }
  await file.seek(size - BLOCK_BYTES, Deno.SeekMode.Start);
  const last = new Uint8Array(BLOCK_BYTES);
  await file.read(last);
  await file.seek(0, Deno.SeekMode.Start);
  if (last.some((byte) => byte !== 0)) {
    throw new TarFailure("it has no end: it was cut, or it is no tar archive");
  }
}
