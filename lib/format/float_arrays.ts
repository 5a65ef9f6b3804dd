// Floats of any width as 32-bit ones: what files of other programs hold beside F32.
import { type ArrayClaim, damaged, type Dtype } from "./safetensors_header.ts";

const FLOATS = ["F16", "BF16", "F32", "F64"] as const;
/** What a BF16 number lacks of an F32 one: the lower half of its bits. */
const LOWER_HALF_BITS = 16;

/** Whether numbers of a format can become 32-bit floats. */
export function isFloat(dtype: Dtype): dtype is typeof FLOATS[number] {
  return FLOATS.some((one) => one === dtype);
}

/**
 * Numbers of one array; `block` is what follows the header. F64 is rounded to the nearest 32-bit float.
 *
 * @throws {StoredStateError} for integers
 */
export function readFloats(
  block: Uint8Array,
  { name, dtype, begin, end }: ArrayClaim,
): Float32Array {
  // A copy, since a view needs an aligned start, which other writers do not promise.
  const bytes = block.slice(begin, end);
  switch (dtype) {
    case "F32":
      return new Float32Array(bytes.buffer);
    case "F16":
      return Float32Array.from(new Float16Array(bytes.buffer));
    case "F64":
      return Float32Array.from(new Float64Array(bytes.buffer));
    case "BF16":
      return new Float32Array(
        Uint32Array.from(
          new Uint16Array(bytes.buffer),
          (half) => half << LOWER_HALF_BITS,
        ).buffer,
      );
    default:
      throw damaged(`"${name}" has dtype "${dtype}", wanted floats`);
  }
}
