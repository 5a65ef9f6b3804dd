// The safetensors file format: a length, a JSON header, and one block of numbers. Typed arrays only. What a file claims is
// checked against the bytes that are there before anything is allocated for it.
import { StoredStateError } from "../error/failure.ts";

/** Number formats that fluxline writes. */
export type StoredDtype = "F32" | "I32";

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

const LENGTH_BYTES = 8;
const BYTES_PER_NUMBER = 4;
/** The reference implementation's limit on the header. */
const LONGEST_HEADER = 100_000_000;
const METADATA_KEY = "__metadata__";
const BLANK = 0x20;
/** Sizes of the formats that exist; only 4-byte floats and integers are read. */
const KNOWN_DTYPES = [
  "BOOL",
  "U8",
  "I8",
  "F8_E5M2",
  "F8_E4M3",
  "I16",
  "U16",
  "F16",
  "BF16",
  "I32",
  "U32",
  "F32",
  "F64",
  "I64",
  "U64",
];

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
  const headerEnd = headerEndOf(bytes);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, headerEnd));
  const block = bytes.subarray(headerEnd);
  const claims: Claim[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA_KEY) metadata = readMetadata(entry);
    else claims.push(readClaim(name, entry));
  }
  requireGapless(claims, block.length);
  const tensors = new Map<string, SafeTensor>();
  for (const { name, dtype, shape, begin, end } of claims) {
    tensors.set(name, {
      dtype,
      shape,
      data: numbers(block, dtype, begin, end),
    });
  }
  return { tensors, metadata };
}

interface Claim {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

function headerEndOf(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES) {
    throw damaged(`it has ${bytes.length} bytes, wanted at least 8`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(LONGEST_HEADER)) {
    throw damaged(
      `its header claims ${length} bytes, wanted at most ${LONGEST_HEADER}`,
    );
  }
  const end = LENGTH_BYTES + Number(length);
  if (end > bytes.length) {
    throw damaged(
      `its header claims ${length} bytes, found ${bytes.length - LENGTH_BYTES}`,
    );
  }
  return end;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    );
  } catch (cause) {
    throw damaged("its header is no JSON", cause);
  }
  if (!isRecord(header)) throw damaged("its header is no JSON object");
  return header;
}

function readMetadata(entry: unknown): Record<string, string> {
  if (!isRecord(entry)) throw damaged(`"${METADATA_KEY}" is no object`);
  const metadata: [string, string][] = [];
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== "string") {
      throw damaged(`metadata "${key}" is no string`);
    }
    metadata.push([key, value]);
  }
  return Object.fromEntries(metadata);
}

function readClaim(name: string, entry: unknown): Claim {
  if (!isRecord(entry)) throw damaged(`the entry of "${name}" is no object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== "F32" && dtype !== "I32") {
    const known = KNOWN_DTYPES.includes(String(dtype));
    throw damaged(
      `"${name}" has ${known ? "unsupported" : "unknown"} dtype ${
        JSON.stringify(dtype)
      }, wanted "F32" or "I32"`,
    );
  }
  if (!isCountList(shape)) {
    throw damaged(`"${name}" has shape ${JSON.stringify(shape)}`);
  }
  if (!isCountList(offsets) || offsets.length !== 2) {
    throw damaged(`"${name}" has offsets ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  const bytes = byteCount(shape);
  if (end - begin !== bytes) {
    throw damaged(
      `"${name}" of shape [${
        shape.join(", ")
      }] claims ${bytes} bytes, its offsets ${begin} to ${end} hold ${
        end - begin
      }`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** Gaps, overlaps and a block of another length all show up when the arrays are laid end to end. */
function requireGapless(claims: readonly Claim[], blockBytes: number): void {
  let at = 0;
  const ordered = claims.toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { name, begin, end } of ordered) {
    if (begin !== at) {
      throw damaged(
        `"${name}" begins at byte ${begin}, wanted ${at}: arrays ${
          begin < at ? "overlap" : "leave a gap"
        }`,
      );
    }
    at = end;
  }
  if (at !== blockBytes) {
    throw damaged(`its arrays claim ${at} bytes, found ${blockBytes}`);
  }
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
    byteCount(tensor.shape) !== tensor.data.byteLength
  ) {
    throw new RangeError(
      `Cannot store "${name}": ${tensor.data.length} numbers as ${tensor.dtype} [${
        tensor.shape.join(", ")
      }]`,
    );
  }
}

function byteCount(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, BYTES_PER_NUMBER);
}

function isCountList(value: unknown): value is number[] {
  return Array.isArray(value) &&
    value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As text, since `__proto__` is a key like any other here and is none of an object literal. */
function jsonPair(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

function damaged(reason: string, cause?: unknown): StoredStateError {
  return new StoredStateError(`Cannot read safetensors file: ${reason}`, {
    cause,
    hint: "Make the file again; it is damaged or of another kind",
  });
}
