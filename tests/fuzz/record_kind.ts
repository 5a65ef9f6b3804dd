// One kind of record that fluxline reads back from disk: how it is written, how it is read, and what another version of it leads to.
import { dirname } from "node:path";
import { makeFolder } from "../../lib/disk/folder_entries.ts";

/** What a reader makes of a record of another version. */
export type OtherVersion =
  /** It ends with an error of ours, or answers a reason, that names both versions. */
  | "refused"
  /** As if there were none: what it saves from doing is done again. */
  | "made anew"
  /** It has no version: its reader takes the fields that it knows. */
  | "none";

/** One kind of record. */
export interface StoredRecordKind {
  /** Its file, as people call it. */
  readonly name: string;
  readonly seal: "sealed" | "plain";
  readonly otherVersion: OtherVersion;
  /** Writes one below `folder` and answers its path. */
  readonly write: (folder: string) => Promise<string>;
  /** Reads it: a value, a reason as text, or null where there is as good as none. */
  readonly read: (folder: string) => Promise<unknown>;
}

/** Writes a text with the folders that it needs; answers the path. */
export async function writtenText(path: string, text: string): Promise<string> {
  await makeFolder(dirname(path));
  await Deno.writeTextFile(path, text);
  return path;
}
