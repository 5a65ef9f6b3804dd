// String tensors: an array of TF_TString records, each of which owns its bytes.
import type { Calls } from "./symbols.ts";
import { ELEMENT_BYTES, TENSOR_TYPE } from "./tensor_type.ts";

const RECORD_BYTES = BigInt(ELEMENT_BYTES[TENSOR_TYPE.string]!);

/** Writes `count` strings into the fresh records at `to`. The tensor frees them when it goes. */
export function writeStrings(
  calls: Calls,
  to: bigint,
  values: readonly Uint8Array[],
  count: number,
): void {
  if (values.length !== count) {
    throw new RangeError(
      `Cannot make a string tensor: it holds ${count} strings, ${values.length} are given`,
    );
  }
  for (const [index, value] of values.entries()) {
    const record = to + BigInt(index) * RECORD_BYTES;
    calls.TF_StringInit(record);
    calls.TF_StringCopy(record, Uint8Array.from(value), BigInt(value.length));
  }
}

/** Copies the strings of `sizeBytes` bytes of records. */
export function readStrings(
  calls: Calls,
  from: bigint,
  sizeBytes: number,
): Uint8Array[] {
  const count = sizeBytes / Number(RECORD_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const record = from + BigInt(index) * RECORD_BYTES;
    const length = calls.TF_StringGetSize(record);
    const bytes = new Uint8Array(Number(length));
    if (length > 0n) {
      calls.memcpy_out(bytes, calls.TF_StringGetDataPointer(record), length);
    }
    return bytes;
  });
}
