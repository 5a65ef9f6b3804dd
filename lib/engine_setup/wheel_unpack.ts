// Takes the two libraries out of a wheel, block by block: the wheel is hundreds of megabytes, memory stays small.
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { configure, type Entry, Reader, ZipReader } from "@zip.js/zip.js";
import { DurableFile } from "../disk/durable_file.ts";
import { RefusedError } from "../error/failure.ts";
import { LIBRARY_FILES } from "./library.ts";
import type { ByteProgress } from "./wheel_download.ts";

/** A file that was unpacked. */
export interface UnpackedFile {
  readonly name: string;
  readonly bytes: number;
}

/**
 * Writes {@linkcode LIBRARY_FILES} into `folder`, each checked against the wheel's own list of digests.
 *
 * @throws {RefusedError} when the wheel is damaged or has no such files
 */
export async function unpackLibraries(
  wheel: string,
  folder: string,
  progress: ByteProgress,
): Promise<UnpackedFile[]> {
  configure({ useWebWorkers: false });
  using file = await Deno.open(wheel, { read: true });
  const zip = new ZipReader(new FileReader(file));
  try {
    const entries = await zip.getEntries();
    const digests = await recordedDigests(entries);
    const wanted = LIBRARY_FILES.map((name) => entryOf(entries, name, wheel));
    const total = wanted.reduce((sum, one) => sum + one.uncompressedSize, 0);
    const files: UnpackedFile[] = [];
    let done = 0;
    for (const entry of wanted) {
      const name = basename(entry.filename);
      const digest = await writeEntry(entry, join(folder, name), (count) => {
        done += count;
        progress(done, total);
      });
      const recorded = digests.get(entry.filename);
      if (recorded !== digest) {
        throw new RefusedError(
          `Cannot use "${wheel}": the SHA-256 of "${entry.filename}" is ${digest}, the wheel's RECORD says ${
            recorded ?? "nothing"
          }`,
          { hint: "Download the wheel again" },
        );
      }
      files.push({ name, bytes: entry.uncompressedSize });
    }
    return files;
  } catch (cause) {
    if (cause instanceof RefusedError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RefusedError(`Cannot unpack "${wheel}": ${reason}`, {
      cause,
      hint: "Download the wheel again",
    });
  } finally {
    await zip.close();
  }
}

/** Random access to an open file, which is how a zip is read: its list of entries stands at the end. */
class FileReader extends Reader<Deno.FsFile> {
  readonly #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    super(file);
    this.#file = file;
  }

  override async init(): Promise<void> {
    await super.init?.();
    this.size = (await this.#file.stat()).size;
  }

  override async readUint8Array(
    index: number,
    length: number,
  ): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    await this.#file.seek(index, Deno.SeekMode.Start);
    let at = 0;
    while (at < length) {
      const count = await this.#file.read(bytes.subarray(at));
      if (count === null) break;
      at += count;
    }
    return bytes.subarray(0, at);
  }
}

type FileEntry = Extract<Entry, { directory: false }>;

function entryOf(
  entries: readonly Entry[],
  name: string,
  wheel: string,
): FileEntry {
  const found = entries.find((entry): entry is FileEntry =>
    !entry.directory && entry.filename === `tensorflow/${name}`
  );
  if (found !== undefined) return found;
  throw new RefusedError(
    `Cannot use "${wheel}": it has no "tensorflow/${name}"`,
    {
      hint:
        "Give a wheel of tensorflow-cpu or tensorflow for Linux, version 2.9 or newer",
    },
  );
}

async function writeEntry(
  entry: FileEntry,
  path: string,
  onBytes: (count: number) => void,
): Promise<string> {
  const hash = createHash("sha256");
  using file = await DurableFile.open(path, { createNew: true, write: true });
  const sink = new WritableStream<Uint8Array>({
    async write(chunk) {
      hash.update(chunk);
      await file.write(chunk);
      onBytes(chunk.length);
    },
  });
  await entry.getData(sink);
  return hash.digest("base64url");
}

/** Path to SHA-256 (base64url), from the RECORD file: `path,sha256=digest,bytes`. */
async function recordedDigests(
  entries: readonly Entry[],
): Promise<Map<string, string>> {
  const record = entries.find((entry): entry is FileEntry =>
    !entry.directory && /^[^/]+\.dist-info\/RECORD$/.test(entry.filename)
  );
  if (record === undefined) return new Map();
  let text = "";
  const decoder = new TextDecoder();
  await record.getData(
    new WritableStream<Uint8Array>({
      write: (chunk) => {
        text += decoder.decode(chunk, { stream: true });
      },
    }),
  );
  return new Map(
    text.split("\n").flatMap((line) => {
      const [, path, digest] = /^(.*),sha256=([^,]*),\d*\r?$/.exec(line) ?? [];
      return path === undefined || digest === undefined
        ? []
        : [[path, digest] as const];
    }),
  );
}
