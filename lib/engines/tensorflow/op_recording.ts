// Ops as they run, written down: what a function of TensorFlow's own is then built from.
import type { OpAttribute } from "./op_attributes.ts";
import type { TensorValues } from "./native_tensor.ts";
import type { TensorMetadata } from "./tensor_table.ts";

/** A tensor of a function: an output of a node. */
export interface RecordedValue {
  readonly node: RecordedNode;
  readonly output: number;
  readonly shape: readonly number[];
  /** A number of TENSOR_TYPE. */
  readonly dtype: number;
}

/** Where the values of a function come from. */
export type RecordedNode =
  | { readonly kind: "input"; readonly position: number }
  | { readonly kind: "constant"; readonly constant: Constant }
  | RecordedOp;

/** An op with its inputs. */
export interface RecordedOp {
  readonly kind: "op";
  readonly name: string;
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly RecordedValue[];
}

/** Numbers that are the same in every call. */
export interface Constant {
  readonly shape: readonly number[];
  readonly dtype: number;
  readonly values: TensorValues;
}

/** Ops whose results are not a function of their inputs, or that change something. */
const IMPURE = /^(Random|Truncated|Multinomial|VarHandle|Resource)|VariableOp$/;

/**
 * Follows the tensors of a piece of work by their numbers. Equal ops on equal inputs are written down once, and those that change
 * nothing not at all.
 */
export class OpRecording {
  readonly #values = new Map<number, RecordedValue>();
  readonly #known = new Map<string, readonly RecordedValue[]>();
  readonly #labels = new Map<RecordedNode, number>();
  readonly #outside: (id: number) => Constant;

  /** `outside` answers a tensor that is none of the inputs and never changes, or throws. */
  constructor(
    inputs: readonly TensorMetadata[],
    outside: (id: number) => Constant,
  ) {
    this.#outside = outside;
    inputs.forEach(({ id, shape, dtype }, position) => {
      const node = { kind: "input", position } as const;
      this.#values.set(id, { node, output: 0, shape, dtype });
    });
  }

  /** The tensor `id`. */
  value(id: number): RecordedValue {
    const found = this.#values.get(id);
    if (found !== undefined) return found;
    this.constant(id, this.#outside(id));
    return this.#values.get(id)!;
  }

  /** A tensor made from numbers of JavaScript's. */
  constant(id: number, constant: Constant): void {
    const { shape, dtype, values } = constant;
    const key = ArrayBuffer.isView(values)
      ? `${dtype} ${shape} ${bytesOf(values)}`
      : null;
    const node = { kind: "constant", constant } as const;
    const [value] = this.#once(key, () => [{ node, output: 0, shape, dtype }]);
    this.#values.set(id, value!);
  }

  /** An op that ran. */
  op(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    made: readonly TensorMetadata[],
  ): void {
    if (IMPURE.test(name)) {
      throw new TypeError(`Cannot record op "${name}": it is no pure function`);
    }
    const given = inputs.map((id) => this.value(id));
    const values = unchanged(name, given, made[0]) ??
      this.#computed(name, attributes, given, made);
    made.forEach(({ id }, output) => this.#values.set(id, values[output]!));
  }

  /** The number may come again for another tensor. */
  forget(id: number): void {
    this.#values.delete(id);
  }

  #computed(
    name: string,
    attributes: readonly OpAttribute[],
    given: readonly RecordedValue[],
    made: readonly TensorMetadata[],
  ): readonly RecordedValue[] {
    const inputs = name === "Reshape" ? throughReshape(given) : given;
    const from = inputs.map(({ node, output }) =>
      `${this.#labelOf(node)}:${output}`
    );
    const key = `${name} ${JSON.stringify(attributes)} ${from}`;
    return this.#once(key, () => {
      const node = { kind: "op", name, attributes, inputs } as const;
      return made.map(({ shape, dtype }, output) => {
        return { node, output, shape, dtype };
      });
    });
  }

  #once(
    key: string | null,
    make: () => readonly RecordedValue[],
  ): readonly RecordedValue[] {
    const known = key === null ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const values = make();
    if (key !== null) this.#known.set(key, values);
    return values;
  }

  #labelOf(node: RecordedNode): number {
    let label = this.#labels.get(node);
    if (label === undefined) {
      label = this.#labels.size;
      this.#labels.set(node, label);
    }
    return label;
  }
}

/** The input itself where the op changes nothing of it. */
function unchanged(
  name: string,
  [x]: readonly RecordedValue[],
  made: TensorMetadata | undefined,
): readonly RecordedValue[] | null {
  if (x === undefined || made === undefined) return null;
  if (name === "Identity") return [x];
  if (name === "Cast" && x.dtype === made.dtype) return [x];
  if (name === "Reshape" && `${x.shape}` === `${made.shape}`) return [x];
  return null;
}

/** A reshape of a reshape needs the first one's input alone. */
function throughReshape(
  [x, shape]: readonly RecordedValue[],
): readonly RecordedValue[] {
  const { node } = x!;
  return node.kind === "op" && node.name === "Reshape"
    ? [node.inputs[0]!, shape!]
    : [x!, shape!];
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return new Uint8Array(buffer, byteOffset, byteLength).join();
}
