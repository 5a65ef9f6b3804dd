// Named weights of a model: the variables that train, their PyTorch names and shapes, and the way between both layouts.
import { StoredStateError } from "../error/failure.ts";
import {
  type Component,
  type ParameterSpec,
  sizeOf,
  type StoredArray,
} from "../blueprint/parameter_spec.ts";
import { tf } from "../tensor/tf.ts";
import {
  storedFromTensor,
  tensorFromStored,
  tensorShape,
} from "./stored_layout.ts";

/** Owns the variables of one model; dispose it to free them. */
export class Parameters implements Disposable {
  readonly specs: ReadonlyMap<string, ParameterSpec>;
  readonly variables: ReadonlyMap<string, tf.Variable>;

  private constructor(
    specs: ReadonlyMap<string, ParameterSpec>,
    variables: ReadonlyMap<string, tf.Variable>,
  ) {
    this.specs = specs;
    this.variables = variables;
  }

  /** Makes every variable of `specs` with its initial values. */
  static create(specs: readonly ParameterSpec[]): Parameters {
    const byName = new Map<string, ParameterSpec>();
    const variables = new Map<string, tf.Variable>();
    for (const spec of specs) {
      const data = new Float32Array(sizeOf(spec.shape));
      spec.initial(data, spec.shape);
      byName.set(spec.name, spec);
      variables.set(spec.name, variableFrom(spec, { shape: spec.shape, data }));
    }
    return new Parameters(byName, variables);
  }

  /** The variable called `name`. @throws {RangeError} when the model has none: a defect of ours. */
  get(name: string): tf.Variable {
    const variable = this.variables.get(name);
    if (variable === undefined) {
      throw new RangeError(`No parameter "${name}" in this model`);
    }
    return variable;
  }

  /** Whether the model has a weight called `name`. */
  has(name: string): boolean {
    return this.variables.has(name);
  }

  /** Names in the order of their declaration, of one component or of all. */
  names(component?: Component): string[] {
    return [...this.specs.values()]
      .filter((spec) => component === undefined || spec.component === component)
      .map((spec) => spec.name);
  }

  /** Names of the weights that may train: buffers are left out. */
  trainableNames(component: Component): string[] {
    return this.names(component).filter((name) =>
      this.specs.get(name)!.trainable
    );
  }

  /** Count of numbers, buffers left out, as PyTorch counts parameters. */
  count(component?: Component): number {
    return this.names(component)
      .map((name) => this.specs.get(name)!)
      .reduce(
        (sum, spec) => sum + (spec.trainable ? sizeOf(spec.shape) : 0),
        0,
      );
  }

  /** The component that owns `name`. */
  component(name: string): Component {
    return this.spec(name).component;
  }

  /**
   * Arrays in PyTorch's layout: of the weights, or of tensors keyed by parameter name that have
   * the weights' in-memory shapes (an average, an optimizer's slot).
   */
  toStored(
    tensors: ReadonlyMap<string, tf.Tensor> = this.variables,
  ): Map<string, StoredArray> {
    const stored = new Map<string, StoredArray>();
    for (const [name, tensor] of tensors) {
      stored.set(name, storedFromTensor(this.spec(name), tensor));
    }
    return stored;
  }

  /** The reverse of {@linkcode toStored}; the caller owns the tensors. */
  fromStored(stored: ReadonlyMap<string, StoredArray>): Map<string, tf.Tensor> {
    const tensors = new Map<string, tf.Tensor>();
    for (const [name, array] of stored) {
      tensors.set(name, tensorFromStored(this.spec(name), array));
    }
    return tensors;
  }

  /**
   * Replaces the weights of `components`.
   *
   * @throws {StoredStateError} when a name is missing or unexpected there, or a shape differs; all at once.
   */
  load(
    stored: ReadonlyMap<string, StoredArray>,
    components: readonly Component[],
  ): void {
    const problems = this.mismatches(stored, components);
    if (problems.length > 0) {
      throw new StoredStateError(
        `Cannot load weights of ${components.join(", ")}: ${
          problems.join("; ")
        }`,
        { hint: "Use weights that were saved with the same `model` options" },
      );
    }
    for (
      const name of components.flatMap((component) => this.names(component))
    ) {
      const tensor = tensorFromStored(this.spec(name), stored.get(name)!);
      this.get(name).assign(tensor);
      tensor.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Frees every variable. */
  dispose(): void {
    for (const variable of this.variables.values()) variable.dispose();
  }

  private spec(name: string): ParameterSpec {
    const spec = this.specs.get(name);
    if (spec === undefined) {
      throw new StoredStateError(
        `Cannot use weight "${name}": the model has none of that name`,
      );
    }
    return spec;
  }

  private mismatches(
    stored: ReadonlyMap<string, StoredArray>,
    components: readonly Component[],
  ): string[] {
    const problems: string[] = [];
    for (const component of components) {
      for (const name of this.names(component)) {
        const found = stored.get(name);
        const wanted = this.spec(name).shape;
        if (found === undefined) problems.push(`"${name}" is missing`);
        else if (found.shape.join() !== wanted.join()) {
          problems.push(`"${name}" is [${found.shape}], wanted [${wanted}]`);
        }
      }
      for (const name of stored.keys()) {
        if (name.startsWith(`${component}.`) && !this.specs.has(name)) {
          problems.push(`"${name}" is unexpected`);
        }
      }
    }
    return problems;
  }
}

function variableFrom(spec: ParameterSpec, stored: StoredArray): tf.Variable {
  const tensor = tensorFromStored(spec, stored);
  // tfjs keeps variable names unique for the whole process, so the name stays out of it: two models may live side by side.
  const variable = tf.variable(tensor, spec.trainable);
  tensor.dispose();
  if (variable.shape.join() !== tensorShape(spec).join()) {
    throw new RangeError(spec.name);
  }
  return variable;
}
