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

/** What sets attributes of an op that runs at once, or of one in a graph; the first argument is the op. */
export type AttributeSetters =
  & {
    readonly [
      K in
        | "AttrType"
        | "AttrBool"
        | "AttrBoolList"
        | "AttrInt"
        | "AttrIntList"
        | "AttrFloat"
        | "AttrFloatList"
        | "AttrString"
    ]: Calls[`TFE_OpSet${K}`];
  }
  & { readonly AttrShape: Calls["TF_SetAttrShape"] };

/** Setters of ops that run at once. */
export function eagerSetters(calls: Calls, status: Status): AttributeSetters {
  return {
    AttrType: calls.TFE_OpSetAttrType,
    AttrBool: calls.TFE_OpSetAttrBool,
    AttrBoolList: calls.TFE_OpSetAttrBoolList,
    AttrInt: calls.TFE_OpSetAttrInt,
    AttrIntList: calls.TFE_OpSetAttrIntList,
    AttrFloat: calls.TFE_OpSetAttrFloat,
    AttrFloatList: calls.TFE_OpSetAttrFloatList,
    AttrString: calls.TFE_OpSetAttrString,
    AttrShape: (op, key, sides, rank) => {
      calls.TFE_OpSetAttrShape(op, key, sides, rank, status.address);
      status.check("set attribute of shape");
    },
  };
}

/** Setters of ops in a graph. */
export function graphSetters(calls: Calls): AttributeSetters {
  return {
    AttrType: calls.TF_SetAttrType,
    AttrBool: calls.TF_SetAttrBool,
    AttrBoolList: calls.TF_SetAttrBoolList,
    AttrInt: calls.TF_SetAttrInt,
    AttrIntList: calls.TF_SetAttrIntList,
    AttrFloat: calls.TF_SetAttrFloat,
    AttrFloatList: calls.TF_SetAttrFloatList,
    AttrString: calls.TF_SetAttrString,
    AttrShape: calls.TF_SetAttrShape,
  };
}

/** Sets one attribute of `op`. The names stay in memory, as TensorFlow demands. */
export function setAttribute(
  set: AttributeSetters,
  op: bigint,
  { name, type, value }: OpAttribute,
): void {
  const key = cText(name);
  switch (type) {
    case ATTRIBUTE_KIND.type:
      set.AttrType(op, key, value as number);
      break;
    case ATTRIBUTE_KIND.bool:
      if (Array.isArray(value)) {
        const list = Uint8Array.from(value as boolean[], Number);
        set.AttrBoolList(op, key, list, list.length);
      } else set.AttrBool(op, key, value === true ? 1 : 0);
      break;
    case ATTRIBUTE_KIND.int:
      if (Array.isArray(value)) {
        const list = integers(value as number[]);
        set.AttrIntList(op, key, list, list.length);
      } else set.AttrInt(op, key, BigInt(value as number));
      break;
    case ATTRIBUTE_KIND.float:
      if (Array.isArray(value)) {
        const list = Float32Array.from(value as number[]);
        set.AttrFloatList(op, key, list, list.length);
      } else set.AttrFloat(op, key, value as number);
      break;
    case ATTRIBUTE_KIND.string: {
      const text = cText(value as string);
      set.AttrString(op, key, text, BigInt(text.length - 1));
      break;
    }
    case ATTRIBUTE_KIND.shape: {
      const sides = integers(value as number[]);
      set.AttrShape(op, key, sides, sides.length);
      break;
    }
    default:
      throw new TypeError(`Cannot set attribute "${name}" of kind ${type}`);
  }
}

function integers(values: readonly number[]): BigInt64Array<ArrayBuffer> {
  return BigInt64Array.from(values, BigInt);
}
