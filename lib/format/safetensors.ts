// The safetensors file format: a length, a JSON header, and one block of numbers. Typed arrays only. What a file claims is
// checked against the bytes that are there before anything is allocated for it.
import {
  byteCount,
  damaged,
  decodeHeader,
  LENGTH_BYTES,
  METADATA_KEY,
  type StoredDtype,
} from "./safetensors_header.ts";

export type { StoredDtype } from "./safetensors_header.ts";

/** One array of a file; `data` holds the product of `shape` numbers, rows first. */
export interface SafeTensor {
  readonly dtype: StoredDtype;
  readonly shape: number[];
  readonly data: Float32Array | Int32Array;
}

/** Content of a file. */
export interface SafetensorsContent {
  readonly tensors: Map<string, SafeTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const BYTES_PER_NUMBER = 4;
const BLANK = 0x20;

/**
 * Bytes of a file, arrays in the order of their names: the same content gives the same bytes.
 *
 * @throws {RangeError} when an array does not fit its shape or is called `__metadata__`: a defect of ours.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const names = [...tensors.keys()].sort();
  const entries: string[] = [];
  if (Object.keys(metadata).length > 0) {
    const sorted = Object.entries(metadata).sort(([a], [b]) => a < b ? -1 : 1);
    const pairs = sorted.map(([key, value]) => jsonPair(key, value));
    entries.push(`${JSON.stringify(METADATA_KEY)}:{${pairs.join(",")}}`);
  }
  let end = 0;
  for (const name of names) {
    const tensor = tensors.get(name)!;
    requireFit(name, tensor);
    const begin = end;
    end += tensor.data.byteLength;
    entries.push(jsonPair(name, {
      dtype: tensor.dtype,
      shape: tensor.shape,
      data_offsets: [begin, end],
    }));
  }
  const header = new TextEncoder().encode(`{${entries.join(",")}}`);
  // Numbers begin at a multiple of eight, so that a reader can look at them in place.
  const padded = Math.ceil(header.length / LENGTH_BYTES) * LENGTH_BYTES;
  const bytes = new Uint8Array(LENGTH_BYTES + padded + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.fill(BLANK, LENGTH_BYTES, LENGTH_BYTES + padded);
  bytes.set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + padded;
  for (const name of names) {
    const { data } = tensors.get(name)!;
    bytes.set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      at,
    );
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Content of a file's bytes. The arrays may share the memory of `bytes`: change neither.
 *
 * @throws {StoredStateError} when the bytes are no complete, gapless safetensors file of 32-bit floats and integers.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  const { claims, metadata, end: headerEnd } = decodeHeader(
    bytes,
    bytes.length,
  );
  const block = bytes.subarray(headerEnd);
  const tensors = new Map<string, SafeTensor>();
  for (const { name, dtype, shape, begin, end } of claims) {
    if (dtype !== "F32" && dtype !== "I32") {
      throw damaged(
        `"${name}" has unsupported dtype "${dtype}", wanted "F32" or "I32"`,
      );
    }
    tensors.set(name, {
      dtype,
      shape,
      data: numbers(block, dtype, begin, end),
    });
  }
  return { tensors, metadata };
}

function numbers(
  block: Uint8Array,
  dtype: StoredDtype,
  begin: number,
  end: number,
): Float32Array | Int32Array {
  const part = block.subarray(begin, end);
  // A view needs an aligned start, which other writers do not promise.
  const aligned = part.byteOffset % BYTES_PER_NUMBER === 0
    ? part
    : part.slice();
  const count = part.length / BYTES_PER_NUMBER;
  return dtype === "F32"
    ? new Float32Array(aligned.buffer, aligned.byteOffset, count)
    : new Int32Array(aligned.buffer, aligned.byteOffset, count);
}

function requireFit(name: string, tensor: SafeTensor): void {
  const isFloat = tensor.data instanceof Float32Array;
  if (
    name === METADATA_KEY || isFloat !== (tensor.dtype === "F32") ||
    byteCount(tensor.shape, tensor.dtype) !== tensor.data.byteLength
  ) {
    throw new RangeError(
      `Cannot store "${name}": ${tensor.data.length} numbers as ${tensor.dtype} [${
        tensor.shape.join(", ")
      }]`,
    );
  }
}

/** As text, since `__proto__` is a key like any other here and is none of an object literal. */
function jsonPair(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}
