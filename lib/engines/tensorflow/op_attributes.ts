// Attributes of an op, from the records that tfjs's kernels build to the C API's setters.
import { cText } from "./native_text.ts";
import type { Calls } from "./symbols.ts";
import type { Status } from "./status.ts";

/** Kinds of attributes; the numbers are TF_AttrType's. */
export const ATTRIBUTE_KIND = {
  string: 0,
  int: 1,
  float: 2,
  bool: 3,
  type: 4,
  shape: 5,
  resource: 6,
} as const;

/** One attribute as a kernel gives it. */
export interface OpAttribute {
  readonly name: string;
  /** A number of {@linkcode ATTRIBUTE_KIND}. */
  readonly type: number;
  readonly value:
    | boolean
    | number
    | string
    | object
    | readonly number[]
    | readonly boolean[];
}

/** Sets one attribute of `op`. The names stay in memory, as TensorFlow demands. */
export function setAttribute(
  calls: Calls,
  status: Status,
  op: bigint,
  { name, type, value }: OpAttribute,
): void {
  const key = cText(name);
  switch (type) {
    case ATTRIBUTE_KIND.type:
      calls.TFE_OpSetAttrType(op, key, value as number);
      break;
    case ATTRIBUTE_KIND.bool:
      if (Array.isArray(value)) {
        const list = Uint8Array.from(value as boolean[], Number);
        calls.TFE_OpSetAttrBoolList(op, key, list, list.length);
      } else calls.TFE_OpSetAttrBool(op, key, value === true ? 1 : 0);
      break;
    case ATTRIBUTE_KIND.int:
      if (Array.isArray(value)) {
        const list = integers(value as number[]);
        calls.TFE_OpSetAttrIntList(op, key, list, list.length);
      } else calls.TFE_OpSetAttrInt(op, key, BigInt(value as number));
      break;
    case ATTRIBUTE_KIND.float:
      if (Array.isArray(value)) {
        const list = Float32Array.from(value as number[]);
        calls.TFE_OpSetAttrFloatList(op, key, list, list.length);
      } else calls.TFE_OpSetAttrFloat(op, key, value as number);
      break;
    case ATTRIBUTE_KIND.string: {
      const text = cText(value as string);
      calls.TFE_OpSetAttrString(op, key, text, BigInt(text.length - 1));
      break;
    }
    case ATTRIBUTE_KIND.shape: {
      const sides = integers(value as number[]);
      calls.TFE_OpSetAttrShape(op, key, sides, sides.length, status.address);
      status.check("set attribute", name);
      break;
    }
    default:
      throw new TypeError(`Cannot set attribute "${name}" of kind ${type}`);
  }
}

function integers(values: readonly number[]): BigInt64Array<ArrayBuffer> {
  return BigInt64Array.from(values, BigInt);
}
