// A stretch of bytes of a file, wherever it lies: what it costs does not depend on what is before it.

/** The bytes; null where the file ends before them. Each call has a position of its own, so that many may run at once. */
export async function readStretch(
  path: string,
  { offset, sizeBytes }: {
    readonly offset: number;
    readonly sizeBytes: number;
  },
): Promise<Uint8Array | null> {
  using file = await Deno.open(path, { read: true });
  await file.seek(offset, Deno.SeekMode.Start);
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  while (at < sizeBytes) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) return null;
    at += count;
  }
  return bytes;
}
