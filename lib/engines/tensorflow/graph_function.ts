// Builds a function of TensorFlow's own from recorded ops; one call then runs them all.
import type { TensorflowContext } from "./context.ts";
import { newNativeTensor } from "./native_tensor.ts";
import { cText } from "./native_text.ts";
import {
  type AttributeSetters,
  graphSetters,
  type OpAttribute,
  setAttribute,
} from "./op_attributes.ts";
import type {
  Constant,
  RecordedNode,
  RecordedOp,
  RecordedValue,
} from "./op_recording.ts";

/** A TF_Output: an operation's address and the number of its output, padded to 16 bytes. */
const OUTPUT_BYTES = 16;
/** In place of a count of operations: all of the graph. */
const WHOLE_GRAPH = -1;

/**
 * Adds the function `name` to the context; it is then run as an op of that name, with the inputs that the outputs need: their positions
 * are answered, in their order.
 *
 * @throws {TensorflowError} when TensorFlow does not accept an op
 */
export function defineFunction(
  context: TensorflowContext,
  name: string,
  outputs: readonly RecordedValue[],
): readonly number[] {
  const { library: { calls }, status } = context;
  const graph = calls.TF_NewGraph();
  try {
    const builder = new GraphBuilder(context, graph);
    const results = packed(outputs.map((value) => builder.place(value)));
    const inputs = [...builder.inputs].sort(([a], [b]) => a - b);
    const made = calls.TF_GraphToFunction(
      graph,
      cText(name),
      0,
      WHOLE_GRAPH,
      new Uint8Array(0),
      inputs.length,
      packed(inputs.map(([, place]) => place)),
      outputs.length,
      results,
      ...[0n, 0n, 0n, status.address] as const,
    );
    status.check("build function", name);
    calls.TFE_ContextAddFunction(context.address, made, status.address);
    calls.TF_DeleteFunction(made);
    status.check("add function", name);
    return inputs.map(([position]) => position);
  } finally {
    calls.TF_DeleteGraph(graph);
  }
}

interface Place {
  readonly operation: bigint;
  readonly output: number;
}

class GraphBuilder {
  /** By their positions. */
  readonly inputs = new Map<number, Place>();
  readonly #context: TensorflowContext;
  readonly #graph: bigint;
  readonly #setters: AttributeSetters;
  readonly #operations = new Map<RecordedNode, bigint>();
  #count = 0;

  constructor(context: TensorflowContext, graph: bigint) {
    this.#context = context;
    this.#graph = graph;
    this.#setters = graphSetters(context.library.calls);
  }

  /** The place of `value`, whose operation and all that it needs are then in the graph. Without recursion: chains are long. */
  place(value: RecordedValue): Place {
    const waiting = [value];
    while (waiting.length > 0) {
      const { node } = waiting.at(-1)!;
      const missing = this.#operations.has(node) || node.kind !== "op"
        ? []
        : node.inputs.filter((input) => !this.#operations.has(input.node));
      if (missing.length > 0) waiting.push(...missing);
      else this.#add(waiting.pop()!);
    }
    return this.#placed(value);
  }

  #placed({ node, output }: RecordedValue): Place {
    return { operation: this.#operations.get(node)!, output };
  }

  #add(value: RecordedValue): void {
    const { node } = value;
    if (this.#operations.has(node)) return;
    switch (node.kind) {
      case "input": {
        const operation = this.#input(value);
        this.#operations.set(node, operation);
        this.inputs.set(node.position, { operation, output: 0 });
        break;
      }
      case "constant":
        this.#operations.set(node, this.#constant(node.constant));
        break;
      case "op":
        this.#operations.set(node, this.#operation(node));
        break;
      default:
        node satisfies never;
    }
  }

  #input({ shape, dtype }: RecordedValue): bigint {
    const { calls } = this.#context.library;
    const started = this.#start("Placeholder");
    calls.TF_SetAttrType(started, cText("dtype"), dtype);
    const sides = BigInt64Array.from(shape, BigInt);
    calls.TF_SetAttrShape(started, cText("shape"), sides, sides.length);
    return this.#finish(started, "Placeholder");
  }

  #operation({ name, attributes, inputs }: RecordedOp): bigint {
    const { calls } = this.#context.library;
    const started = this.#start(name);
    const places = inputs.map((input) => this.#placed(input));
    const listed = listLength(attributes);
    if (listed > 0) {
      const list = packed(places.slice(0, listed));
      calls.TF_AddInputList(started, list, listed);
    }
    for (const place of places.slice(listed)) {
      calls.TF_AddInput(started, packed([place]));
    }
    for (const attribute of attributes) {
      setAttribute(this.#setters, started, attribute);
    }
    return this.#finish(started, name);
  }

  #constant({ shape, dtype, values }: Constant): bigint {
    const { library: { calls }, status } = this.#context;
    const started = this.#start("Const");
    const tensor = newNativeTensor(calls, shape, dtype, values);
    calls.TF_SetAttrTensor(started, cText("value"), tensor, status.address);
    calls.TF_DeleteTensor(tensor);
    status.check("set constant", `[${shape}]`);
    calls.TF_SetAttrType(started, cText("dtype"), dtype);
    return this.#finish(started, "Const");
  }

  #start(name: string): bigint {
    const label = new TextEncoder().encode(`n${this.#count++}\0`);
    return this.#context.library.calls.TF_NewOperation(
      this.#graph,
      cText(name),
      label,
    );
  }

  #finish(started: bigint, name: string): bigint {
    const { library: { calls }, status } = this.#context;
    const operation = calls.TF_FinishOperation(started, status.address);
    status.check("build op", name);
    return operation;
  }
}

/** How many of an op's inputs are one list: the first ones, as attribute N counts them. */
function listLength(attributes: readonly OpAttribute[]): number {
  const count = attributes.find(({ name }) => name === "N");
  return count === undefined ? 0 : count.value as number;
}

function packed(places: readonly Place[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(places.length * OUTPUT_BYTES);
  const view = new DataView(bytes.buffer);
  places.forEach(({ operation, output }, at) => {
    view.setBigUint64(at * OUTPUT_BYTES, operation, true);
    view.setInt32(at * OUTPUT_BYTES + 8, output, true);
  });
  return bytes;
}
