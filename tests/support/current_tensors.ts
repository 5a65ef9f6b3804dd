// Tensors of a step's current generation as they are on disk: the weights that train and the frozen ones beside them.
import { join } from "node:path";
import {
  decodeSafetensors,
  type SafeTensor,
} from "../../lib/format/safetensors.ts";

/** All weights of the current generation in a step's folder, or the state of its optimizer. */
export async function currentTensors(
  stepFolder: string,
  kind: "weights" | "optimizer" = "weights",
): Promise<ReadonlyMap<string, SafeTensor>> {
  const { current } = JSON.parse(
    await Deno.readTextFile(join(stepFolder, "checkpoint.json")),
  );
  const files = [...Deno.readDirSync(join(stepFolder, current.folder))]
    .map(({ name }) => name)
    .filter((name) =>
      name === `${kind}.safetensors` ||
      (kind === "weights" && name === "frozen.safetensors")
    );
  const parts = await Promise.all(
    files.map(async (file) =>
      decodeSafetensors(
        await Deno.readFile(join(stepFolder, current.folder, file)),
      ).tensors
    ),
  );
  return new Map(parts.flatMap((tensors) => [...tensors]));
}
