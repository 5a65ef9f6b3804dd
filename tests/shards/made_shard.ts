// Tar shards for tests, with the same bytes for the same members.
import { pack } from "tar-stream";
import { joinedBytes } from "../../lib/format/joined_bytes.ts";
import { pictureBytes } from "../data/picture_folder.ts";

/** Name and content of a member. */
export type Member = readonly [name: string, content: string | Uint8Array];

/** A tar archive of the members in their order. */
export async function tarOf(
  members: readonly Member[],
): Promise<Uint8Array<ArrayBuffer>> {
  const archive = pack();
  for (const [name, content] of members) {
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    archive.entry({ name, mtime: new Date(0) }, bytes);
  }
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return joinedBytes(chunks);
}

/** Members of samples `first` to `first + count - 1`: a picture of one colour and a label. */
export function samples(
  first: number,
  count: number,
  side = 8,
): Member[] {
  return Array.from({ length: count }, (_, index) => first + index).flatMap((
    number,
  ): Member[] => {
    const name = String(number).padStart(4, "0");
    return [
      [`${name}.png`, pictureBytes(number, side, side)],
      [`${name}.json`, JSON.stringify({ prompt: `picture ${number}` })],
    ];
  });
}
