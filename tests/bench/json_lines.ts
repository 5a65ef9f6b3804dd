// JSON records, one a line, out of a stream of bytes.

/** The records of a stream, until it ends. Lines that are no JSON object are log text and are left out. */
export async function* jsonLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<unknown> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith("{")) yield JSON.parse(line);
    }
  }
}
