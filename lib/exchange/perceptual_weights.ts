// The file of a perceptual loss: torchvision's VGG16 features and the heads of LPIPS, by name and shape.
import type { StoredArray } from "../blueprint/parameter_spec.ts";
import { StoredStateError } from "../error/failure.ts";
import { decodeSafetensors } from "../format/safetensors.ts";
import { type PlannedBytes, readPlannedBytes } from "./read_weights.ts";
import { readFileHeader } from "./weight_files.ts";

/** A convolution of VGG16 as torchvision numbers it. */
export interface VggConvolution {
  /** Index in `features`. */
  readonly index: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** The blocks of VGG16, each one resolution; LPIPS looks at the end of each (Simonyan and Zisserman 2015). */
export const VGG_BLOCKS: readonly (readonly VggConvolution[])[] = [
  [convolution(0, 3, 64), convolution(2, 64, 64)],
  [convolution(5, 64, 128), convolution(7, 128, 128)],
  [
    convolution(10, 128, 256),
    convolution(12, 256, 256),
    convolution(14, 256, 256),
  ],
  [
    convolution(17, 256, 512),
    convolution(19, 512, 512),
    convolution(21, 512, 512),
  ],
  [
    convolution(24, 512, 512),
    convolution(26, 512, 512),
    convolution(28, 512, 512),
  ],
];

/** Name of a convolution's weight or bias in the file. */
export function vggName(index: number, part: "weight" | "bias"): string {
  return `features.${index}.${part}`;
}

/** Name of the head of a block: a weight per channel. */
export function headName(block: number): string {
  return `lin${block}.model.1.weight`;
}

/** Every name that the file holds, with its shape in PyTorch's layout. */
export function perceptualShapes(): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const [block, convolutions] of VGG_BLOCKS.entries()) {
    for (const { index, inputs, outputs } of convolutions) {
      shapes.set(vggName(index, "weight"), [outputs, inputs, 3, 3]);
      shapes.set(vggName(index, "bias"), [outputs]);
    }
    shapes.set(headName(block), [1, convolutions.at(-1)!.outputs, 1, 1]);
  }
  return shapes;
}

/** What a file lacks, or has in another shape or type, each as one clause; what it holds beyond does not matter. */
export function perceptualFaults(
  found: ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly isFloat32: boolean }
  >,
): string[] {
  return [...perceptualShapes()].flatMap(([name, shape]) => {
    const tensor = found.get(name);
    if (tensor === undefined) return [`"${name}" is missing`];
    if (tensor.shape.join() !== shape.join()) {
      return [`"${name}" is [${tensor.shape}], wanted [${shape}]`];
    }
    return tensor.isFloat32 ? [] : [`"${name}" is not of type F32`];
  });
}

/**
 * {@linkcode perceptualFaults} of the file at `path`, by its header.
 *
 * @throws {StoredStateError} when it is no safetensors file.
 */
export async function readPerceptualFaults(path: string): Promise<string[]> {
  const { claims } = await readFileHeader(path);
  return perceptualFaults(
    new Map(
      claims.map(({ name, shape, dtype }) =>
        [name, { shape, isFloat32: dtype === "F32" }] as const
      ),
    ),
  );
}

/**
 * The arrays of a file that a plan has hashed.
 *
 * @throws {StoredStateError} when the file is gone, another than the plan saw, or does not hold them.
 */
export async function readPerceptualWeights(
  file: PlannedBytes,
): Promise<Map<string, StoredArray>> {
  const { tensors } = decodeSafetensors(await readPlannedBytes(file));
  const arrays = new Map<string, StoredArray>();
  for (const [name, { shape, data }] of tensors) {
    if (data instanceof Float32Array) arrays.set(name, { shape, data });
  }
  const faults = perceptualFaults(
    new Map(
      [...arrays].map(([name, { shape }]) =>
        [name, { shape, isFloat32: true }] as const
      ),
    ),
  );
  if (faults.length === 0) return arrays;
  throw new StoredStateError(
    `Cannot use "${file.path}" for LPIPS: ${faults.join("; ")}`,
    { hint: "Make the file as docs/lpips.md says" },
  );
}

function convolution(
  index: number,
  inputs: number,
  outputs: number,
): VggConvolution {
  return { index, inputs, outputs };
}
