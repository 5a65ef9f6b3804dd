// The end of a text file, however long it is.

/** The end of a text. */
export interface FileTail {
  readonly text: string;
  /** Whether there is text before it, so that its first line may not be whole. */
  readonly isCut: boolean;
}

/** Reads at most the last `most` bytes of the text at `path`; empty where no file is there. */
export async function readTail(path: string, most: number): Promise<FileTail> {
  try {
    using file = await Deno.open(path, { read: true });
    const { size } = await file.stat();
    const from = Math.max(0, size - most);
    await file.seek(from, Deno.SeekMode.Start);
    const bytes = new Uint8Array(size - from);
    const count = await file.read(bytes) ?? 0;
    const text = new TextDecoder().decode(bytes.subarray(0, count));
    return { text, isCut: from > 0 };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { text: "", isCut: false };
    }
    throw error;
  }
}
