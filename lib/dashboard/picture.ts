// Pictures of steps under addresses of the dashboard: the samples and the output of a step folder, and nothing else of the disk.
import { join, relative, sep } from "node:path";
import { isAbsence } from "../disk/present_entries.ts";
import type { Frame } from "../report/picture_strips.ts";
import type { StepFacts } from "../report/step_facts.ts";
import {
  indexStepFolders,
  stepPaths,
  storeLayout,
} from "../store/store_layout.ts";

/** Where the server has a picture; a picture that is drawn again gets another address. */
export function servedPicture(
  step: StepFacts,
  { path, bytes }: Frame,
): Promise<string> {
  const place = relative(step.status.folder, path).split(sep)
    .map(encodeURIComponent).join("/");
  return Promise.resolve(`/picture/${step.key}/${place}?${bytes}`);
}

/** The bytes of a picture; null for whatever is no picture of a step. */
export async function readPicture(
  runsDir: string,
  key: string,
  place: string,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (!place.endsWith(".png")) return null;
  for (const name of indexStepFolders(runsDir).get(key) ?? []) {
    const folder = join(storeLayout(runsDir).store, name);
    const { samples, output } = stepPaths(folder);
    try {
      const path = await Deno.realPath(join(folder, place));
      for (const allowed of [samples, output]) {
        if (!(await isWithin(path, allowed))) continue;
        if ((await Deno.lstat(path)).isFile) return await Deno.readFile(path);
      }
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
  }
  return null;
}

async function isWithin(path: string, folder: string): Promise<boolean> {
  try {
    return path.startsWith(`${await Deno.realPath(folder)}${sep}`);
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}
