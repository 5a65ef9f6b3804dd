// Readers of what fluxline wrote itself, and of what somebody changed in it.
import { join } from "node:path";
import { mutatedJson } from "./mutated_json.ts";
import type { ReaderTarget } from "./reader_target.ts";
import type { StoredRecordKind } from "./record_kind.ts";
import { RUN_RECORDS } from "./run_records.ts";
import { SHARED_RECORDS } from "./shared_records.ts";

/** One for each kind of record, in a folder of its own below `folder`. */
export async function recordTargets(folder: string): Promise<ReaderTarget[]> {
  const targets: ReaderTarget[] = [];
  for (const [index, kind] of [...RUN_RECORDS, ...SHARED_RECORDS].entries()) {
    const own = join(folder, `record-${index}`);
    await Deno.mkdir(own);
    targets.push(await targetOf(kind, own) as ReaderTarget);
  }
  return targets;
}

async function targetOf(
  kind: StoredRecordKind,
  folder: string,
): Promise<ReaderTarget<string>> {
  const path = await kind.write(folder);
  const sample: unknown = JSON.parse(await Deno.readTextFile(path));
  return {
    name: kind.name,
    inputs: mutatedJson([sample], kind.seal).map((text) => `${text}\n`),
    read: async (text) => {
      Deno.writeTextFileSync(path, text);
      await kind.read(folder);
    },
  };
}
