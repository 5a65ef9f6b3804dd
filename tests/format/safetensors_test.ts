// The safetensors format: what is written reads back, bytes are stable, damage is told, nothing is allocated on a claim.
import assert from "node:assert/strict";
import { StoredStateError } from "../../lib/error/failure.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../../lib/format/safetensors.ts";

function tensors(): Map<string, SafeTensor> {
  return new Map<string, SafeTensor>([
    ["b.weight", {
      dtype: "F32",
      shape: [2, 3],
      data: Float32Array.of(1, -2, 3.5, NaN, Infinity, -0),
    }],
    ["a.count", { dtype: "I32", shape: [], data: Int32Array.of(-7) }],
    ["empty", { dtype: "F32", shape: [0, 4], data: new Float32Array(0) }],
    ["__proto__", { dtype: "I32", shape: [1], data: Int32Array.of(9) }],
  ]);
}

/** A file with this header and as many zero bytes behind it. */
function fileOf(header: unknown, blockBytes: number, length?: bigint) {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const encoded = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + encoded.length + blockBytes);
  new DataView(bytes.buffer)
    .setBigUint64(0, length ?? BigInt(encoded.length), true);
  bytes.set(encoded, 8);
  return bytes;
}

Deno.test("encodeSafetensors() and decodeSafetensors() are each other's inverse", () => {
  const bytes = encodeSafetensors(tensors(), { step: "12", format: "pt" });
  const { tensors: found, metadata } = decodeSafetensors(bytes);
  assert.deepEqual(new Map([...found].sort()), new Map([...tensors()].sort()));
  assert.deepEqual(metadata, { step: "12", format: "pt" });
  assert.ok(Object.is(found.get("b.weight")!.data[5], -0));
});

Deno.test("encodeSafetensors() writes the same bytes in any order of insertion", () => {
  const turned = new Map([...tensors()].reverse());
  assert.deepEqual(
    encodeSafetensors(turned, { b: "2", a: "1" }),
    encodeSafetensors(tensors(), { a: "1", b: "2" }),
  );
});

Deno.test("encodeSafetensors() aligns numbers and writes views of larger arrays", () => {
  const whole = Float32Array.of(0, 1, 2, 3);
  const part = whole.subarray(1, 3);
  const bytes = encodeSafetensors(
    new Map([["p", { dtype: "F32" as const, shape: [2], data: part }]]),
  );
  const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assert.equal(header % 8, 0);
  assert.deepEqual([...decodeSafetensors(bytes).tensors.get("p")!.data], [
    1,
    2,
  ]);
});

Deno.test("decodeSafetensors() reads bytes that start at an odd place", () => {
  const bytes = encodeSafetensors(tensors());
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  const { tensors: found } = decodeSafetensors(shifted.subarray(1));
  assert.deepEqual(found.get("b.weight"), tensors().get("b.weight"));
});

Deno.test("encodeSafetensors() refuses an array that does not fit its shape", () => {
  const wrong: [string, SafeTensor][] = [
    ["a", { dtype: "F32", shape: [3], data: new Float32Array(2) }],
    ["a", { dtype: "I32", shape: [2], data: new Float32Array(2) }],
    ["__metadata__", { dtype: "F32", shape: [2], data: new Float32Array(2) }],
  ];
  for (const entry of wrong) {
    assert.throws(() => encodeSafetensors(new Map([entry])), RangeError);
  }
});

const F32 = (shape: unknown, data_offsets: unknown) => ({
  a: { dtype: "F32", shape, data_offsets },
});
const TERABYTE = 2 ** 40;
const DAMAGED: readonly [string, Uint8Array, RegExp][] = [
  ["no length", new Uint8Array(7), /has 7 bytes/],
  ["a header beyond the file", fileOf("{}", 0, 500n), /claims 500 bytes/],
  [
    "a header of 2^63 bytes",
    fileOf("{}", 0, 1n << 63n),
    /claims 9223372036854775808 bytes, wanted at most/,
  ],
  ["a header of a terabyte", fileOf("{}", 0, 1n << 40n), /wanted at most/],
  ["no JSON", fileOf("{", 0), /is no JSON/],
  ["a list", fileOf("[]", 0), /is no JSON object/],
  [
    "bytes that are no UTF-8",
    Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe),
    /is no JSON/,
  ],
  ["an entry that is no object", fileOf({ a: 1 }, 0), /entry of "a"/],
  [
    "an unsupported dtype",
    fileOf({ a: { dtype: "BF16", shape: [1], data_offsets: [0, 2] } }, 2),
    /unsupported dtype "BF16"/,
  ],
  [
    "an unknown dtype",
    fileOf({ a: { dtype: "X9", shape: [1], data_offsets: [0, 2] } }, 2),
    /unknown dtype "X9"/,
  ],
  ["a negative side", fileOf(F32([-1], [0, 4]), 4), /has shape \[-1\]/],
  ["a fraction", fileOf(F32([1.5], [0, 6]), 6), /has shape \[1.5\]/],
  ["no shape", fileOf(F32(undefined, [0, 4]), 4), /has shape undefined/],
  ["three offsets", fileOf(F32([1], [0, 4, 8]), 4), /has offsets/],
  ["offsets that turn back", fileOf(F32([1], [4, 0]), 4), /claims 4 bytes/],
  [
    "a shape of a terabyte over few bytes",
    fileOf(F32([TERABYTE, 1], [0, 4]), 4),
    /claims 4398046511104 bytes/,
  ],
  [
    "a shape and offsets of a terabyte",
    fileOf(F32([TERABYTE / 4], [0, TERABYTE]), 4),
    /claim 1099511627776 bytes, found 4/,
  ],
  [
    "sides whose product is beyond all numbers",
    fileOf(F32(new Array(40).fill(2 ** 50), [0, 4]), 4),
    /claims .* bytes/,
  ],
  ["too few bytes", fileOf(F32([2], [0, 8]), 4), /claim 8 bytes, found 4/],
  ["too many bytes", fileOf(F32([1], [0, 4]), 8), /claim 4 bytes, found 8/],
  [
    "a gap",
    fileOf({
      ...F32([1], [0, 4]),
      b: { dtype: "F32", shape: [1], data_offsets: [8, 12] },
    }, 12),
    /leave a gap/,
  ],
  [
    "an overlap",
    fileOf({
      ...F32([2], [0, 8]),
      b: { dtype: "F32", shape: [2], data_offsets: [4, 12] },
    }, 12),
    /overlap/,
  ],
  [
    "metadata that are no strings",
    fileOf({ __metadata__: { a: 1 } }, 0),
    /metadata "a"/,
  ],
];

for (const [what, bytes, message] of DAMAGED) {
  Deno.test(`decodeSafetensors() refuses ${what}`, () => {
    assert.throws(() => decodeSafetensors(bytes), (error: unknown) => {
      assert.ok(error instanceof StoredStateError);
      assert.match(error.message, /^Cannot read safetensors file: /);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("decodeSafetensors() refuses every cut of a good file", () => {
  const bytes = encodeSafetensors(tensors(), { a: "b" });
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(
      () => decodeSafetensors(bytes.subarray(0, length)),
      StoredStateError,
    );
  }
});
