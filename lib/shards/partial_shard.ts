// A shard that has come in part: how much of it is safe on disk, and what its server called it, so that the rest is of the same file.
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { DurableFile } from "../disk/durable_file.ts";
import { removeEntry, syncFolder } from "../disk/folder_entries.ts";
import { openSealed, seal } from "../disk/sealed_record.ts";
import { StoredStateError } from "../error/failure.ts";
import { isCount, isText } from "../json/value_shapes.ts";
import type { ShardPlace } from "./shard_place.ts";

const PARTIAL_VERSION = 1;

// A kill loses what came behind the last record; a record costs two syncs.
const RECORD_EVERY_BYTES = 16 * 1024 * 1024;
const RECORD_EVERY_MS = 1000;

/** An open partial shard; `using` closes it and keeps what came. */
export class PartialShard implements Disposable {
  readonly #file: DurableFile;
  readonly #place: ShardPlace;
  readonly #address: string;
  #done: number;
  #recorded: number;
  #recordedAt = performance.now();
  /** What the rest must still be called by its server; null where the server gives files no name. */
  #validator: string | null;

  /** Opens what an earlier try left of `address`. */
  static async open(
    address: string,
    place: ShardPlace,
  ): Promise<PartialShard> {
    const kept = await readRecord(address, place.partialRecord);
    const file = await DurableFile.open(place.partial, {
      create: true,
      read: true,
      write: true,
    });
    const isWhole = kept !== null && await file.size() >= kept.bytes;
    const bytes = isWhole ? kept.bytes : 0;
    // Bytes behind the record may not be on the disk although the file's size says so.
    await file.truncate(bytes);
    await file.seek(bytes);
    const validator = isWhole ? kept.validator : null;
    return new PartialShard(file, place, { address, bytes, validator });
  }

  private constructor(
    file: DurableFile,
    place: ShardPlace,
    start: {
      readonly address: string;
      readonly bytes: number;
      readonly validator: string | null;
    },
  ) {
    this.#file = file;
    this.#place = place;
    this.#address = start.address;
    this.#done = start.bytes;
    this.#recorded = start.bytes;
    this.#validator = start.validator;
  }

  /** Bytes that are there. */
  get done(): number {
    return this.#done;
  }

  /** Headers that ask for the rest, if the file is still the one that the first part is of. */
  get rangeHeaders(): Record<string, string> {
    return this.#done === 0 || this.#validator === null
      ? {}
      : { "range": `bytes=${this.#done}-`, "if-range": this.#validator };
  }

  /** Forgets everything: the whole comes anew, under the name that the server gives it. */
  async restart(validator: string | null): Promise<void> {
    await removeIfThere(this.#place.partialRecord);
    await this.#file.truncate(0);
    await this.#file.seek(0);
    this.#done = 0;
    this.#recorded = 0;
    this.#validator = validator;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#file.write(chunk);
    this.#done += chunk.length;
    const isDue = this.#done - this.#recorded >= RECORD_EVERY_BYTES ||
      performance.now() - this.#recordedAt >= RECORD_EVERY_MS;
    if (isDue) await this.keep();
  }

  /** Makes what came survive a power cut. */
  async sync(): Promise<void> {
    await this.#file.sync();
  }

  /** Makes what came survive a power cut, and notes how much that is. */
  async keep(): Promise<void> {
    await this.sync();
    if (this.#validator !== null && this.#done > this.#recorded) {
      await writeJsonAtomically(
        this.#place.partialRecord,
        seal({
          version: PARTIAL_VERSION,
          address: this.#address,
          bytes: this.#done,
          validator: this.#validator,
        }),
      );
    }
    this.#recorded = this.#done;
    this.#recordedAt = performance.now();
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** Removes what is left of a partial shard. */
export async function removePartial(place: ShardPlace): Promise<void> {
  await removeIfThere(place.partialRecord);
  await removeIfThere(place.partial);
  await syncFolder(place.folder);
}

/** What an `If-Range` can be made with: a strong tag, or else the time of the last change. */
export function validatorOf(headers: Headers): string | null {
  const tag = headers.get("etag");
  if (tag !== null && tag.startsWith('"')) return tag;
  return headers.get("last-modified");
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await removeEntry(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function readRecord(
  address: string,
  path: string,
): Promise<{ readonly bytes: number; readonly validator: string } | null> {
  try {
    const text = await Deno.readTextFile(path);
    const record = openSealed(text, { path, version: PARTIAL_VERSION });
    const { bytes, validator } = record;
    const isRight = record["address"] === address &&
      isCount(bytes) && isText(validator);
    return isRight ? { bytes, validator } : null;
  } catch (error) {
    // Without a record that can be read, the shard comes from its start.
    if (
      error instanceof Deno.errors.NotFound || error instanceof StoredStateError
    ) return null;
    throw error;
  }
}
