// The header of a safetensors file: which arrays it holds, in which shape and where. What it claims is checked against the length
// of the file before anything is allocated for it.
import { StoredStateError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";
import { shortJson } from "../json/short_json.ts";

/** Bytes per number of the formats that exist. */
const NUMBER_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

/** Number formats that a file may hold. */
export type Dtype = keyof typeof NUMBER_BYTES;

/** Number formats that fluxline writes. */
export type StoredDtype = "F32" | "I32";

/** What the header says of one array. */
export interface ArrayClaim {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: number[];
  /** First byte and the byte behind the last, from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

/** A checked header. */
export interface SafetensorsHeader {
  readonly claims: readonly ArrayClaim[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the numbers begin. */
  readonly end: number;
}

/** Bytes of the number that a file begins with: the length of its header. */
export const LENGTH_BYTES = 8;
/** Name under which the header holds text in place of an array. */
export const METADATA_KEY = "__metadata__";

/** The reference implementation's limit on the header. */
const LONGEST_HEADER = 100_000_000;
/**
 * Byte behind the header of a file of `fileBytes` bytes that begins with `start`.
 *
 * @throws {StoredStateError} when the file is too short for what it claims.
 */
export function headerEnd(start: Uint8Array, fileBytes: number): number {
  if (start.length < LENGTH_BYTES) {
    throw damaged(`it has ${start.length} bytes, wanted at least 8`);
  }
  const view = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(LONGEST_HEADER)) {
    throw damaged(
      `its header claims ${length} bytes, wanted at most ${LONGEST_HEADER}`,
    );
  }
  const end = LENGTH_BYTES + Number(length);
  if (end > fileBytes) {
    throw damaged(
      `its header claims ${length} bytes, found ${fileBytes - LENGTH_BYTES}`,
    );
  }
  return end;
}

/**
 * The header of a file of `fileBytes` bytes. `start` holds at least the bytes up to {@linkcode headerEnd}.
 *
 * @throws {StoredStateError} when the file is no complete, gapless safetensors file.
 */
export function decodeHeader(
  start: Uint8Array,
  fileBytes: number,
): SafetensorsHeader {
  const end = headerEnd(start, fileBytes);
  const claims: ArrayClaim[] = [];
  let metadata: Record<string, string> = {};
  const entries = parseHeader(start.subarray(LENGTH_BYTES, end));
  for (const [name, entry] of Object.entries(entries)) {
    if (name === METADATA_KEY) metadata = readMetadata(entry);
    else claims.push(readClaim(name, entry));
  }
  requireGapless(claims, fileBytes - end);
  return { claims, metadata, end };
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

function readClaim(name: string, entry: unknown): ArrayClaim {
  if (!isRecord(entry)) throw damaged(`the entry of "${name}" is no object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDtype(dtype)) {
    throw damaged(
      dtype === undefined
        ? `"${name}" has no dtype`
        : `"${name}" has unknown dtype ${shortJson(dtype)}`,
    );
  }
  if (!isCountList(shape)) {
    throw damaged(`"${name}" has shape ${shortJson(shape)}`);
  }
  if (!isCountList(offsets) || offsets.length !== 2) {
    throw damaged(`"${name}" has offsets ${shortJson(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  const bytes = byteCount(shape, dtype);
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
function requireGapless(
  claims: readonly ArrayClaim[],
  blockBytes: number,
): void {
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

/** Bytes of an array of that shape and format. */
export function byteCount(shape: readonly number[], dtype: Dtype): number {
  return shape.reduce((product, side) => product * side, NUMBER_BYTES[dtype]);
}

function isDtype(value: unknown): value is Dtype {
  return typeof value === "string" && Object.hasOwn(NUMBER_BYTES, value);
}

function isCountList(value: unknown): value is number[] {
  return Array.isArray(value) &&
    value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

/** What is said of a file that cannot be understood. */
export function damaged(reason: string, cause?: unknown): StoredStateError {
  return new StoredStateError(`Cannot read safetensors file: ${reason}`, {
    cause,
    hint: "Make the file again; it is damaged or of another kind",
  });
}
