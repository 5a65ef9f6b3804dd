// What one shard holds: its samples, where their pictures lie in it, what these pictures' headers say, and the captions.
import type { ShardEntry } from "../catalog/pipeline.ts";
import { tarMembers } from "../format/tar_members.ts";
import { isRecord } from "../json/record.ts";
import { contentOf } from "./dataset_part.ts";
import {
  HEADER_BYTES,
  headerOf,
  isTooLong,
  TOO_LONG,
} from "./picture_headers.ts";
import type { HeaderFinding } from "./sample_source.ts";
import { readStretch } from "./shard_stretch.ts";

/** A caption or a label is text; more would fill the memory. */
const LONGEST_LABEL_BYTES = 1024 * 1024;
/** Endings that an empty dataset's message names. */
const NAMED_ENDINGS = 8;

/** Which members of a sample are read. */
export interface ShardKeys {
  /** File ending of the pictures, such as `png`; `jpg;png` takes what there is, in this order. */
  readonly image: string;
  /** File ending of the labels: one that ends in `json` holds a map, any other the caption itself. */
  readonly label: string;
  /** Key of the caption inside a label. */
  readonly caption: string;
}

/** Which members of a sample a dataset entry reads. */
export function shardKeysOf(
  entry: Pick<
    ShardEntry,
    "webdataset_image_key" | "webdataset_label_key" | "webdataset_caption_key"
  >,
): ShardKeys {
  return {
    image: entry.webdataset_image_key,
    label: entry.webdataset_label_key,
    caption: entry.webdataset_caption_key,
  };
}

/** One sample of a shard. */
export interface ShardSample {
  /** Name of its members without their endings. */
  readonly name: string;
  /** Place and length of the picture's file in the shard. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** What the picture's header says, or why the sample cannot be used. */
  readonly header: HeaderFinding;
  readonly caption: string;
  /** What the picture is known by; empty where there is none. */
  readonly content: string;
}

/** The samples of one shard, in its order. */
export interface ShardIndex {
  readonly samples: readonly ShardSample[];
  /** Endings of members, as far as a message names them. */
  readonly endings: readonly string[];
}

/** Reads the shard once from its start to its end. */
export async function buildShardIndex(
  path: string,
  keys: ShardKeys,
  signal?: AbortSignal,
): Promise<ShardIndex> {
  const wanted = { image: endingsOf(keys.image), label: endingsOf(keys.label) };
  const drafts = new Map<string, SampleDraft>();
  const endings = new Set<string>();
  const isOf = (list: readonly string[], name: string) =>
    list.includes(partsOf(name)?.ending ?? "");
  const startBytes = (name: string) =>
    isOf(wanted.image, name)
      ? HEADER_BYTES
      : isOf(wanted.label, name)
      ? LONGEST_LABEL_BYTES
      : 0;
  for await (const member of tarMembers(path, startBytes)) {
    signal?.throwIfAborted();
    const parts = partsOf(member.name);
    if (parts === null) continue;
    if (endings.size < NAMED_ENDINGS) endings.add(parts.ending);
    const isPicture = wanted.image.includes(parts.ending);
    if (!isPicture && !wanted.label.includes(parts.ending)) continue;
    const draft: SampleDraft = drafts.get(parts.name) ??
      { pictures: new Map(), labels: new Map(), fault: null };
    drafts.set(parts.name, draft);
    const members = isPicture ? draft.pictures : draft.labels;
    if (members.has(parts.ending)) {
      draft.fault = `the shard holds "${member.name}" twice`;
      continue;
    }
    const { offset, sizeBytes, start } = member;
    if (isPicture) {
      const header = await pictureHeader(path, member);
      const content = contentOf(member.sha256);
      draft.pictures.set(parts.ending, { offset, sizeBytes, header, content });
    } else {
      const isLong = sizeBytes > LONGEST_LABEL_BYTES;
      draft.labels.set(
        parts.ending,
        isLong
          ? { ok: false, reason: "its label is longer than 1 MiB" }
          : captionOf(start, parts.ending, keys.caption),
      );
    }
  }
  return {
    samples: [...drafts].map(([name, draft]) => sampleOf(name, draft, wanted)),
    endings: [...endings].sort(),
  };
}

interface SampleDraft {
  readonly pictures: Map<
    string,
    {
      readonly offset: number;
      readonly sizeBytes: number;
      readonly header: HeaderFinding;
      readonly content: string;
    }
  >;
  readonly labels: Map<string, CaptionFinding>;
  fault: string | null;
}

type CaptionFinding =
  | { readonly ok: true; readonly caption: string }
  | { readonly ok: false; readonly reason: string };

/** As in WebDataset: the ending begins at the first dot of the file's name. Hidden files are no members. */
function partsOf(
  member: string,
): { readonly name: string; readonly ending: string } | null {
  const match = /^((?:.*\/)?[^./][^./]*)\.([^/]+)$/.exec(member);
  return match === null
    ? null
    : { name: match[1]!.replace(/^\.\//, ""), ending: match[2]!.toLowerCase() };
}

function endingsOf(written: string): string[] {
  return written.split(/[;\s]+/).map((ending) =>
    ending.replace(/^\./, "").toLowerCase()
  ).filter((ending) => ending !== "");
}

async function pictureHeader(
  path: string,
  member: {
    readonly offset: number;
    readonly sizeBytes: number;
    readonly start: Uint8Array;
  },
): Promise<HeaderFinding> {
  if (isTooLong(member.sizeBytes)) return TOO_LONG;
  const finding = headerOf(member.start);
  const isWhole = member.start.length === member.sizeBytes;
  if (typeof finding !== "string" || isWhole) return finding;
  return headerOf(await readStretch(path, member) ?? member.start);
}

function captionOf(
  bytes: Uint8Array,
  ending: string,
  key: string,
): CaptionFinding {
  const text = new TextDecoder().decode(bytes);
  if (!ending.endsWith("json")) return plainCaption(text, "its caption");
  let label: unknown;
  try {
    label = JSON.parse(text);
  } catch {
    return { ok: false, reason: "its label is no JSON" };
  }
  const found = isRecord(label) ? label[key] : undefined;
  return typeof found === "string"
    ? plainCaption(found, `the "${key}" of its label`)
    : { ok: false, reason: `its label has no text under "${key}"` };
}

/** As in the original, line breaks become blanks, and an empty caption is none. */
function plainCaption(text: string, what: string): CaptionFinding {
  const caption = text.replaceAll(/[\r\n\t]+/g, " ").trim();
  return caption === ""
    ? { ok: false, reason: `${what} is empty` }
    : { ok: true, caption };
}

function sampleOf(
  name: string,
  { pictures, labels, fault }: SampleDraft,
  wanted: { readonly image: string[]; readonly label: string[] },
): ShardSample {
  const picture = firstOf(pictures, wanted.image);
  const label = firstOf(labels, wanted.label);
  const lacks = (endings: readonly string[]) =>
    `it has no ${endings.map((ending) => `"${name}.${ending}"`).join(" or ")}`;
  const header = fault ??
    (picture === undefined
      ? lacks(wanted.image)
      : label === undefined
      ? lacks(wanted.label)
      : label.ok
      ? picture.header
      : label.reason);
  return {
    name,
    offset: picture?.offset ?? 0,
    sizeBytes: picture?.sizeBytes ?? 0,
    header,
    caption: label?.ok === true ? label.caption : "",
    content: picture?.content ?? "",
  };
}

function firstOf<T>(
  members: ReadonlyMap<string, T>,
  endings: readonly string[],
): T | undefined {
  const ending = endings.find((one) => members.has(one));
  return ending === undefined ? undefined : members.get(ending);
}
