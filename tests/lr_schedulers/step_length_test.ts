import assert from "node:assert/strict";
import {
  isUpdateDue,
  updatesBefore,
  updatesPerEpoch,
} from "../../lib/lr_schedulers/step_length.ts";

Deno.test("updatesPerEpoch() and updatesBefore() count the updates that are really due", () => {
  for (const batches of [1, 4, 7]) {
    for (const accumulation of [1, 3, 10]) {
      let done = 0;
      for (let at = 0; at < 3 * batches; at++) {
        const cursor = { epoch: Math.floor(at / batches), batch: at % batches };
        assert.equal(updatesBefore(cursor, batches, accumulation), done);
        if (isUpdateDue(cursor.batch + 1, batches, accumulation)) done++;
      }
      assert.equal(done, 3 * updatesPerEpoch(batches, accumulation));
    }
  }
});
