// A captions file that is not there; `tests/format/captions_test.ts` has its lines.
import assert from "node:assert/strict";
import { RefusedError } from "../../lib/error/failure.ts";
import { readCaptionsFile } from "../../lib/data/captions_file.ts";

Deno.test("readCaptionsFile() names a file that is not there", async () => {
  await assert.rejects(
    readCaptionsFile("/no/such/captions.txt"),
    (error: unknown) =>
      error instanceof RefusedError &&
      error.message.includes("/no/such/captions.txt"),
  );
});
