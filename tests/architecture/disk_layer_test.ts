// One way to the disk: what changes a file or a name goes through lib/disk, and there through its numbered operations.
import assert from "node:assert/strict";
import { productFiles, textOf } from "./source_files.ts";

const WRITES =
  /\bDeno\.(rename|remove|write(Text)?File|mkdir|truncate|link|symlink|copyFile|create|makeTemp(Dir|File)|chmod|chown|utime|umask)(Sync)?\b/g;
const OPENS = /\bDeno\.open(Sync)?\(([^()]|\([^()]*\))*\)/g;

/** Files that may change the disk by themselves, and why nothing is lost by it. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "lib/disk/durable_file.ts": "is the layer: numbered operations on content",
  "lib/disk/folder_entries.ts": "is the layer: numbered operations on names",
  "lib/disk/file_lock.ts":
    "numbered; the name of a lock's holder is for messages",
  "lib/disk/disk_test.ts": "the trace of a test",
  "lib/disk/unsynced_state.ts": "undoes operations in a test",
  "lib/cli/log_terminal.ts":
    "the log of a scheduled run, which nothing is decided by",
  "lib/worker/attempt_log.ts":
    "the log of an attempt, which no marker vouches for",
  "lib/engines/kernels/build.ts": "a tool of the developers",
};

Deno.test("files and names are changed in lib/disk alone", () => {
  const offences: string[] = [];
  const used = new Set<string>();
  for (const path of productFiles().filter((one) => one.startsWith("lib/"))) {
    const text = textOf(path);
    const found = [
      ...[...text.matchAll(WRITES)].map(([call]) => call),
      ...[...text.matchAll(OPENS)].map(([call]) => call)
        .filter((call) =>
          /\b(write|append|create|truncate|options)\b/.test(call)
        ),
      ...(/from "(node:)?fs(\/promises)?"/.test(text) &&
          path !== "lib/disk/free_space.ts"
        ? ["node:fs"]
        : []),
    ];
    if (found.length === 0) continue;
    if (path in EXCEPTIONS) used.add(path);
    else offences.push(`${path} calls ${found.join(", ")}`);
  }
  assert.deepEqual(offences, []);
  assert.deepEqual([...used].sort(), Object.keys(EXCEPTIONS).sort());
});

Deno.test("free_space.ts asks node:fs for the free space and for nothing else", () => {
  const imports = /import \{([^}]*)\} from "node:fs"/.exec(
    textOf("lib/disk/free_space.ts"),
  );
  assert.equal(imports![1]!.trim(), "statfsSync");
});
