// What a weight file holds by its header: arrays by our names, and what is none of ours.
import type { Component } from "../blueprint/parameter_spec.ts";
import type { SafetensorsHeader } from "../format/safetensors_header.ts";
import { componentOfName, isVersionTensor, ownName } from "./file_names.ts";

/** The arrays of a file, sorted by what they are to a model. */
export interface NamedArrays {
  /** By our names. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly components: ReadonlySet<Component>;
  /** Names that belong to no component, and arrays of a number format that is not read. */
  readonly stray: readonly string[];
  /** Buffers that old libraries stored, by name: nothing here needs them. */
  readonly buffers: readonly string[];
  /** How many arrays of `shapes` have each number format. */
  readonly formats: Readonly<Record<string, number>>;
}

type Claim = SafetensorsHeader["claims"][number];

/** The numbers from 0 up. */
const POSITION_IDS = "text_encoder.language_model.embeddings.position_ids";

/** Sorts what a header claims; `isRead` says which number formats the caller takes. */
export function namedArrays(
  { claims }: SafetensorsHeader,
  isRead: (dtype: Claim["dtype"]) => boolean,
): NamedArrays {
  const shapes = new Map<string, readonly number[]>();
  const stray: string[] = [];
  const buffers: string[] = [];
  const formats: Record<string, number> = {};
  for (const { name, dtype, shape } of claims) {
    if (isVersionTensor(name)) continue;
    const own = ownName(name);
    if (name === POSITION_IDS) buffers.push(name);
    else if (own === null) stray.push(name);
    else if (!isRead(dtype)) stray.push(`${name} (${dtype})`);
    else {
      shapes.set(own, shape);
      formats[dtype] = (formats[dtype] ?? 0) + 1;
    }
  }
  const components = new Set(
    [...shapes.keys()].map(componentOfName).filter((one) => one !== null),
  );
  return { shapes, components, stray, buffers, formats };
}
