// Runs single ops. One TFE_Op is used again and again: making one costs more than resetting it.
import type { TensorflowContext } from "./context.ts";
import { cText } from "./native_text.ts";
import {
  type AttributeSetters,
  eagerSetters,
  type OpAttribute,
  setAttribute,
} from "./op_attributes.ts";
import type { Calls } from "./symbols.ts";
import type { Status } from "./status.ts";
import type { TensorMetadata, TensorTable } from "./tensor_table.ts";

const MOST_OUTPUTS = 64;

/** Executes ops of one context. */
export class OpExecution {
  readonly #calls: Calls;
  readonly #status: Status;
  readonly #tensors: TensorTable;
  readonly #context: bigint;
  readonly #setters: AttributeSetters;
  readonly #count = new Int32Array(1);
  #results = new BigUint64Array(MOST_OUTPUTS);
  #op: bigint | null = null;

  constructor(context: TensorflowContext, tensors: TensorTable) {
    this.#calls = context.library.calls;
    this.#status = context.status;
    this.#context = context.address;
    this.#setters = eagerSetters(this.#calls, this.#status);
    this.#tensors = tensors;
  }

  /**
   * Runs the op `name`; the caller owns the outputs.
   *
   * @throws {TensorflowError} with TensorFlow's message and the op's name
   */
  run(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): TensorMetadata[] {
    const calls = this.#calls;
    const status = this.#status;
    const op = this.#prepared(name);
    try {
      for (const attribute of attributes) {
        setAttribute(this.#setters, op, attribute);
      }
      for (const id of inputs) {
        calls.TFE_OpAddInput(op, this.#tensors.handle(id), status.address);
        status.check("run op", name);
      }
      if (outputs > this.#results.length) {
        this.#results = new BigUint64Array(outputs);
      }
      this.#count[0] = outputs;
      calls.TFE_Execute(op, this.#results, this.#count, status.address);
      status.check("run op", name);
    } catch (error) {
      this.#drop();
      throw error;
    }
    const made: TensorMetadata[] = [];
    for (let index = 0; index < this.#count[0]!; index++) {
      made.push(this.#tensors.adopt(this.#results[index]!));
    }
    return made;
  }

  #prepared(name: string): bigint {
    const { address } = this.#status;
    const text = cText(name);
    if (this.#op === null) {
      const op = this.#calls.TFE_NewOp(this.#context, text, address);
      this.#status.check("run op", name);
      this.#op = op;
      return op;
    }
    this.#calls.TFE_OpReset(this.#op, text, null, address);
    try {
      this.#status.check("run op", name);
    } catch (error) {
      this.#drop();
      throw error;
    }
    return this.#op;
  }

  /** After an error the op may hold inputs of half a call. */
  #drop(): void {
    if (this.#op !== null) this.#calls.TFE_DeleteOp(this.#op);
    this.#op = null;
  }
}
