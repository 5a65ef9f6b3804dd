// What a person reads where the file system or Deno lets nobody write.
import assert from "node:assert/strict";
import { showFailure } from "../../lib/cli/show_failure.ts";
import { makeFolder } from "../../lib/disk/folder_entries.ts";
import { probeDisk } from "../../lib/disk/operation.ts";
import { StagedFolder } from "../../lib/disk/staged_folder.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

/** The exit code and the text of what `act` throws. */
async function shown(
  act: () => Promise<unknown>,
): Promise<[code: number, text: string]> {
  const told: string[] = [];
  const terminal = {
    ...{ color: false, interactive: false, redraws: false },
    out: () => assert.fail(),
    err: (text: string) => void told.push(text),
    redrawn: () => assert.fail(),
    confirm: () => assert.fail(),
  };
  try {
    await act();
  } catch (error) {
    return [showFailure(error, terminal), told.join("\n")];
  }
  assert.fail("nothing was thrown");
}

Deno.test("showFailure() tells a folder that takes nothing, with the path and the way out, and no stack", async () => {
  const [code, text] = await shown(() => makeFolder("/proc/runs/p"));
  assert.equal(code, 4);
  assert.match(
    text,
    /^error: The file system refused: No such .*: mkdir '\/proc\/runs'\nhint: Correct owner, mode, mount/,
  );
  assert.doesNotMatch(text, /defect|^ +at /m);
});

Deno.test("showFailure() tells a target on a read-only file system by its own name", async () => {
  await withTemporaryFolder(async (folder) => {
    probeDisk({
      before: ({ path }) => {
        throw new Error(`Read-only file system (os error 30): mkdir '${path}'`);
      },
      after: () => assert.fail(),
    });
    try {
      assert.deepEqual(await shown(() => StagedFolder.create(`${folder}/a`)), [
        4,
        `error: Cannot make folder "${folder}/a": the file system answers "Read-only file system (os error 30)"\nhint: Name a folder in a place where you may write, then try again`,
      ]);
    } finally {
      probeDisk(null);
    }
  });
});

Deno.test("showFailure() tells a place that Deno keeps for programs with every permission", async () => {
  const denied = new Deno.errors.NotCapable(
    'Requires all access to "/proc/x", run again with the --allow-all flag',
  );
  assert.deepEqual(await shown(() => Promise.reject(denied)), [
    2,
    'error: This process may not use "/proc/x": it is one of the system\'s own places\nhint: Name another place',
  ]);
});
