// The two parts of a dataset: what is trained on and what is held out. A picture's part depends on its content and the seed alone.
import { sha256Hex } from "../disk/digest.ts";
import { RandomStream } from "../random/random_stream.ts";
import type { SampleSource } from "./sample_source.ts";

/** Which part of a dataset. */
export interface PartChoice {
  /** Share of the pictures that is held out. */
  readonly share: number;
  readonly part: "training" | "holdout";
  readonly seed: number;
}

/** Hex digits of a picture's SHA-256 that tell it from the others. */
const CONTENT_DIGITS = 16;

/** What a picture is known by, from the SHA-256 of its file. */
export function contentOf(sha256: string): string {
  return sha256.slice(0, CONTENT_DIGITS);
}

/**
 * Places of the part's samples. Each picture decides for itself, so that more pictures never move one from a part to the other, and
 * copies of one picture are on one side; the share is met on average.
 */
export function partPlaces(
  contents: readonly string[],
  { share, part, seed }: PartChoice,
): number[] {
  const isWanted = (content: string) =>
    RandomStream.of(seed, `holdout/${content}`).uniform() < share ===
      (part === "holdout");
  return contents.flatMap((content, place) => isWanted(content) ? [place] : []);
}

/** Contents of all samples, from the pictures themselves; each is read once. */
export async function readContents(
  source: Pick<SampleSource, "size" | "name" | "read">,
): Promise<string[]> {
  const known = new Map<string, string>();
  const contents: string[] = [];
  for (let index = 0; index < source.size; index++) {
    const name = source.name(index);
    const content = known.get(name) ??
      contentOf(sha256Hex(await source.read(index)));
    known.set(name, content);
    contents.push(content);
  }
  return contents;
}

/** The samples at `places` alone. */
export function samplesAt(
  source: SampleSource,
  places: readonly number[],
): SampleSource {
  return {
    ...headersAt(source, places),
    caption: (index) => source.caption(places[index]!),
    read: (index) => source.read(places[index]!),
  };
}

/** What is known of the samples at `places` without reading them. */
export function headersAt(
  source: SampleHeadersView,
  places: readonly number[],
): SampleHeadersView {
  return {
    size: places.length,
    name: (index) => source.name(places[index]!),
    place: (index) => source.place(places[index]!),
    header: (index) => source.header(places[index]!),
  };
}

type SampleHeadersView = Pick<
  SampleSource,
  "size" | "name" | "place" | "header"
>;
