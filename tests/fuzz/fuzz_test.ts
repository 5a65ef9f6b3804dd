// A few of the broken inputs that `deno task test:fuzz` tries by the thousand: the same ones in every run.
import assert from "node:assert/strict";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { fuzzTargets } from "./fuzz_targets.ts";
import { fuzz, type ReaderTarget } from "./reader_target.ts";
import fc from "fast-check";

const SAMPLE = { seed: 2026, times: 16 };

Deno.test("every reader refuses or reads broken inputs, in bounded memory and time", async (test) => {
  await withTemporaryFolder(async (folder) => {
    const targets = await fuzzTargets(folder);
    assert.ok(targets.length > 30, `only ${targets.length} readers`);
    for (const target of targets) {
      await test.step(target.name, async () => {
        const { tried } = await fuzz(target, SAMPLE);
        assert.equal(tried, SAMPLE.times);
      });
    }
  });
});

const BAD_READERS:
  readonly (readonly [string, ReaderTarget["read"], RegExp])[] = [
    ["throws a defect", () => JSON.parse("{"), /SyntaxError/],
    ["hogs memory", hog, /memory grew to/],
  ];

for (const [what, read, message] of BAD_READERS) {
  Deno.test(`fuzz() fails for a reader that ${what}, with the smallest input`, async () => {
    const target: ReaderTarget = {
      ...{ name: "bad", inputs: fc.nat(), read, mostBytes: 64 * 1024 * 1024 },
    };
    await assert.rejects(fuzz(target, SAMPLE), (error: Error) => {
      assert.match(error.message, message);
      assert.match(error.message, /smallest input: \d/);
      return true;
    });
  });
}

let hasHogged = false;

/** Once, since the search for a smaller input would go on for minutes. */
function hog(): void {
  if (!hasHogged) new Uint8Array(128 * 1024 * 1024).fill(1);
  hasHogged = true;
}
