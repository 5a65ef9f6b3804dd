// One named weight of a model as files hold it: name, shape, layout, and how it begins. Typed arrays only, no tensors.

/** The networks that a pipeline can freeze and train, by FluxFlow's names. */
export type Component =
  | "compressor"
  | "expander"
  | "flow_processor"
  | "text_encoder"
  | "discriminator";

/** How a stored (PyTorch) array maps to the tensor in memory; see `lib/nn/stored_layout.ts`. */
export type Layout = "plain" | "linear" | "conv" | "conv_transpose";

/** One weight before it exists. */
export interface ParameterSpec {
  /** Dotted name that starts with the component, as FluxFlow's files have it. */
  readonly name: string;
  readonly component: Component;
  /** Shape in the file: linear [out, in], conv [out, in, kh, kw], transposed conv [in, out, kh, kw]. */
  readonly shape: readonly number[];
  readonly layout: Layout;
  /**
   * True where the output channels feed a Bezier activation: the file interleaves its five parts
   * (channel 5f + part), memory keeps each part together (channel part * F + f), so that splitting is a slice.
   */
  readonly bezier: boolean;
  /** False for buffers, which travel with the weights and never train. */
  readonly trainable: boolean;
  /** Fills an array of the stored shape with initial values. */
  readonly initial: (values: Float32Array, shape: readonly number[]) => void;
}

/** An array as files hold it. */
export interface StoredArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Parts of one Bezier activation: t and four control points. */
export const BEZIER_PARTS = 5;

/** Product of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
