// The pictures of a step, gathered into strips: the same picture at several moments of the training, or one picture alone.
import { basename, join } from "node:path";
import { stepPaths } from "../store/store_layout.ts";

/** One picture file. */
export interface Frame {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** Updates made when it was drawn; null for a picture of a finished step. */
  readonly update: number | null;
}

/** Pictures of one kind, oldest first. */
export interface Strip {
  /** What they show, such as `reconstructions` or `captions 32x32`. */
  readonly title: string;
  readonly frames: readonly Frame[];
}

const SAMPLE_NAME = /^(\d{8,})-([\w-]+)\.png$/;

/** Strips of the samples, and one strip for each picture that the result of the step names (`named`, relative to the folder). */
export function readStrips(folder: string, named: readonly string[]): Strip[] {
  const strips = new Map<string, Frame[]>();
  for (const { name } of entriesOf(stepPaths(folder).samples)) {
    const match = SAMPLE_NAME.exec(name);
    if (match === null) continue;
    const [, moment, title] = match;
    const frame = frameOf(
      join(stepPaths(folder).samples, name),
      Number(moment),
    );
    if (frame === null) continue;
    const strip = strips.get(title!) ?? [];
    strips.set(title!, [...strip, frame]);
  }
  const samples = [...strips].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([title, frames]) => ({
      title: title.replaceAll("-", " "),
      frames: frames.sort((a, b) => a.update! - b.update!),
    }));
  const { output } = stepPaths(folder);
  const results = named.filter((path) =>
    path.startsWith(`${basename(output)}/`)
  )
    .filter((path) => path.endsWith(".png"))
    .flatMap((path) => {
      const frame = frameOf(join(folder, path), null);
      return frame === null
        ? []
        : [{ title: basename(path, ".png"), frames: [frame] }];
    });
  return [...samples, ...results];
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)].filter((entry) => entry.isFile);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function frameOf(path: string, update: number | null): Frame | null {
  try {
    const { isFile, size } = Deno.lstatSync(path);
    return isFile ? { path, bytes: size, update } : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
