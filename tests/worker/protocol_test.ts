import assert from "node:assert/strict";
import {
  type ChildMessage,
  decodeChildLine,
  decodeParentLine,
  encodeMessage,
  MESSAGE_MARK,
  readTextLines,
} from "../../lib/worker/protocol.ts";

const MESSAGES: readonly ChildMessage[] = [
  { type: "ready" },
  { type: "log", level: "warning", text: "two\nlines" },
  {
    type: "progress",
    update: {
      phase: "train",
      done: 3,
      total: 9,
      epoch: { current: 1, total: 3 },
    },
  },
  { type: "picture", path: "/a/b.png" },
  { type: "ended", result: { outcome: "done", metrics: { recon_l1: 0.5 } } },
  {
    type: "ended",
    result: { outcome: "stopped", metrics: {} },
    peakMemoryBytes: 3e9,
  },
  {
    type: "failed",
    failure: {
      message: "Cannot act",
      hint: null,
      exitCode: 4,
      isRetryable: true,
      stack: null,
    },
  },
];

Deno.test("decodeChildLine() reads back every message on one line", () => {
  for (const message of MESSAGES) {
    const line = encodeMessage(message);
    assert.ok(!line.includes("\n"));
    assert.deepEqual(decodeChildLine(line), { text: "", message });
  }
});

Deno.test("decodeChildLine() takes everything else as text", () => {
  const lines = [
    "",
    "plain words",
    '{"type":"ready"}',
    `${MESSAGE_MARK}not json`,
    `${MESSAGE_MARK}[1]`,
    `${MESSAGE_MARK}{"type":"unheard of"}`,
    `${MESSAGE_MARK}{"type":"progress","update":{"phase":"x"}}`,
    `${MESSAGE_MARK}{"type":"ended","result":{"outcome":"done"}}`,
    `${MESSAGE_MARK}{"type":"failed","failure":{"message":"m","exitCode":99}}`,
  ];
  for (const line of lines) {
    assert.deepEqual(decodeChildLine(line), { text: line, message: null });
  }
});

Deno.test("decodeChildLine() parts unfinished text from the message behind it", () => {
  const line = `half a line${encodeMessage({ type: "ready" })}`;
  assert.deepEqual(decodeChildLine(line), {
    text: "half a line",
    message: { type: "ready" },
  });
});

Deno.test("decodeParentLine() reads the request and the stop, and nothing else", () => {
  assert.deepEqual(
    decodeParentLine(encodeMessage({ type: "request", request: { a: 1 } })),
    { type: "request", request: { a: 1 } },
  );
  assert.deepEqual(decodeParentLine(encodeMessage({ type: "stop" })), {
    type: "stop",
  });
  assert.equal(decodeParentLine("stop"), null);
  assert.equal(decodeParentLine(encodeMessage({ type: "ready" })), null);
});

Deno.test("readTextLines() joins lines and characters that arrive in pieces", async () => {
  const bytes = new TextEncoder().encode("ä1\nb\n\nlast");
  const pieces = [...bytes].map((byte) => new Uint8Array([byte]));
  const lines = await Array.fromAsync(
    readTextLines(ReadableStream.from(pieces)),
  );
  assert.deepEqual(lines, ["ä1", "b", "", "last"]);
});

Deno.test("readTextLines() cuts a line that never ends", async () => {
  const piece = new TextEncoder().encode("x".repeat(700_000));
  const stream = ReadableStream.from([piece, piece, piece]);
  const lines = await Array.fromAsync(readTextLines(stream));
  assert.deepEqual(lines.map((line) => line.length), [1_400_000, 700_000]);
});
