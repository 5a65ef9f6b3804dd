// Tar shards as samples: an index says where each picture lies, so any sample is read at once, wherever the cursor stands.
import { RefusedError, StepFailure } from "../error/failure.ts";
import { shardName } from "../shards/shard_place.ts";
import type { SampleSource } from "./sample_source.ts";
import type { ShardIndex, ShardKeys, ShardSample } from "./shard_index.ts";
import { readStretch } from "./shard_stretch.ts";

/** A shard on this machine with what it holds. */
export interface IndexedShard extends ShardIndex {
  /** What the user calls it: its address, or its path. */
  readonly address: string;
  /** Absolute. */
  readonly path: string;
}

/** Samples with what each picture is known by. */
export interface ShardSource extends SampleSource {
  readonly contents: readonly string[];
}

/**
 * All samples of the shards, shard by shard.
 *
 * @throws {RefusedError} where the shards hold none
 */
export function openShardSource(
  shards: readonly IndexedShard[],
  keys: ShardKeys,
): ShardSource {
  const samples: (readonly [IndexedShard, ShardSample])[] = [];
  for (const shard of shards) {
    for (const sample of shard.samples) samples.push([shard, sample]);
  }
  if (samples.length === 0) throw noSamples(shards, keys);
  const names = distinctNames(shards);
  const at = (index: number) => {
    const found = samples[index];
    if (found !== undefined) return found;
    throw new RangeError(`Cannot read sample ${index} of ${samples.length}`);
  };
  return {
    size: samples.length,
    contents: samples.map(([, { content }]) => content),
    name(index) {
      const [shard, { name }] = at(index);
      return `${names.get(shard)}/${name}`;
    },
    caption: (index) => at(index)[1].caption,
    place(index) {
      const [shard, { name }] = at(index);
      return `${shard.address}: ${name}`;
    },
    header: (index) => at(index)[1].header,
    async read(index) {
      const [shard, sample] = at(index);
      const bytes = await readOrNull(shard.path, sample);
      if (bytes !== null) return bytes;
      throw new StepFailure(
        `Cannot read picture "${sample.name}": shard "${shard.address}" is no longer there, or shorter than before`,
        { hint: "Leave the shards alone while a step reads them" },
      );
    },
  };
}

async function readOrNull(
  path: string,
  sample: ShardSample,
): Promise<Uint8Array | null> {
  try {
    return await readStretch(path, sample);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** The last part of each address; where two are alike, the shard's number stands before it. */
function distinctNames(
  shards: readonly IndexedShard[],
): Map<IndexedShard, string> {
  const plain = shards.map(({ address }) => shardName(address));
  const isAlike = new Set(plain).size < plain.length;
  return new Map(
    shards.map((
      shard,
      index,
    ) => [shard, isAlike ? `${index}/${plain[index]}` : plain[index]!]),
  );
}

function noSamples(
  shards: readonly IndexedShard[],
  keys: ShardKeys,
): RefusedError {
  const endings = new Set(shards.flatMap((shard) => shard.endings));
  const found = endings.size === 0
    ? "no files"
    : `files that end in ${[...endings].sort().join(", ")}`;
  return new RefusedError(
    `Cannot read pictures: the shards hold no sample with "${keys.image}" or "${keys.label}"; they hold ${found}`,
    {
      hint:
        "Correct webdataset_image_key and webdataset_label_key; several endings are written as jpg;png",
    },
  );
}
