// Collects the specs of a model while its networks declare their layers, with PyTorch's initial values by default.
import {
  constant,
  type Initializer,
  type StreamOf,
  torchDefault,
} from "./initializers.ts";
import {
  BEZIER_PARTS,
  type Component,
  type Layout,
  type ParameterSpec,
} from "./parameter_spec.ts";

/** Options of a layer that has a weight and mostly a bias. */
export interface LayerOptions {
  readonly bias?: boolean;
  /** A Bezier activation follows: the layer has five times `outputs` channels. */
  readonly bezier?: boolean;
  /** Initial values of the weight, from the stream of its name. */
  readonly weight?: (name: string) => Initializer;
  /** Last part of the weight's name where it is not `weight`: PyTorch's parametrisations rename it. */
  readonly weightName?: string;
}

/** Declares layers of one component in order. */
export class ParameterList {
  readonly specs: ParameterSpec[] = [];
  readonly #component: Component;
  readonly #streamOf: StreamOf;

  constructor(component: Component, streamOf: StreamOf) {
    this.#component = component;
    this.#streamOf = streamOf;
  }

  /** One array as it is; `name` lacks the component's prefix. */
  plain(
    name: string,
    shape: readonly number[],
    initial: Initializer,
    trainable = true,
  ): void {
    this.#add(name, shape, "plain", initial, { trainable });
  }

  /** A matrix [outputs, inputs] under a name of its own. */
  matrix(
    name: string,
    inputs: number,
    outputs: number,
    initial: Initializer,
  ): void {
    this.#add(name, [outputs, inputs], "linear", initial);
  }

  /** Affine map: weight [outputs, inputs], bias [outputs]. */
  linear(
    name: string,
    inputs: number,
    outputs: number,
    options: LayerOptions = {},
  ): void {
    this.#layer(name, inputs, outputs, [], "linear", options);
  }

  /** Convolution: weight [outputs, inputs, kernel, kernel]. */
  conv(
    name: string,
    inputs: number,
    outputs: number,
    kernel: number,
    options: LayerOptions = {},
  ): void {
    this.#layer(name, inputs, outputs, [kernel, kernel], "conv", options);
  }

  /** Transposed convolution: weight [inputs, outputs, kernel, kernel]. */
  convTranspose(
    name: string,
    inputs: number,
    outputs: number,
    kernel: number,
    options: LayerOptions = {},
  ): void {
    this.#layer(
      name,
      inputs,
      outputs,
      [kernel, kernel],
      "conv_transpose",
      options,
    );
  }

  /** Scale and shift of a normalisation. */
  norm(name: string, channels: number): void {
    this.plain(`${name}.weight`, [channels], constant(1));
    this.plain(`${name}.bias`, [channels], constant(0));
  }

  /** A vector over the five parts of `features` Bezier activations, stored interleaved. */
  bezierVector(name: string, features: number, initial: Initializer): void {
    this.#add(name, [features * BEZIER_PARTS], "plain", initial, {
      bezier: true,
    });
  }

  /** The random stream of a parameter, for initial values that are not PyTorch's. */
  stream(name: string): ReturnType<StreamOf> {
    return this.#streamOf(`${this.#component}.${name}`);
  }

  #layer(
    name: string,
    inputs: number,
    outputs: number,
    kernel: readonly number[],
    layout: "linear" | "conv" | "conv_transpose",
    options: LayerOptions,
  ): void {
    const bezier = options.bezier ?? false;
    const channels = bezier ? outputs * BEZIER_PARTS : outputs;
    // PyTorch takes the fan-in of a transposed convolution from its second axis, the outputs.
    const fanIn = (layout === "conv_transpose" ? channels : inputs) *
      kernel.reduce((product, side) => product * side, 1);
    const weight = `${name}.${options.weightName ?? "weight"}`;
    const shape = layout === "conv_transpose"
      ? [inputs, channels, ...kernel]
      : [channels, inputs, ...kernel];
    const initial = options.weight?.(weight) ??
      torchDefault(this.stream(weight), fanIn);
    this.#add(weight, shape, layout, initial, { bezier });
    if (options.bias ?? true) {
      const bias = `${name}.bias`;
      this.#add(
        bias,
        [channels],
        "plain",
        torchDefault(this.stream(bias), fanIn),
        { bezier },
      );
    }
  }

  #add(
    name: string,
    shape: readonly number[],
    layout: Layout,
    initial: Initializer,
    options: { readonly bezier?: boolean; readonly trainable?: boolean } = {},
  ): void {
    this.specs.push({
      name: `${this.#component}.${name}`,
      component: this.#component,
      shape,
      layout,
      bezier: options.bezier ?? false,
      trainable: options.trainable ?? true,
      initial,
    });
  }
}
