// Records that vouch for themselves.
import assert from "node:assert/strict";
import { openSealed, seal } from "../../lib/disk/sealed_record.ts";
import { StoredStateError } from "../../lib/error/failure.ts";

const EXPECTED = { path: "state.json", version: 1 };

Deno.test("openSealed() gives back what seal() took, whatever the layout of the text", () => {
  const text = JSON.stringify(seal({ version: 1, epoch: 3 }), null, 4);
  assert.deepEqual(openSealed(text, EXPECTED), { version: 1, epoch: 3 });
});

Deno.test("openSealed() refuses every single flipped byte that changes the value", () => {
  const text = JSON.stringify(seal({ version: 1, epoch: 3, name: "vae" }));
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at]! ^= 1;
    assert.throws(
      () => openSealed(new TextDecoder().decode(changed), EXPECTED),
      StoredStateError,
      `byte ${at} of ${text}`,
    );
  }
});

Deno.test("openSealed() refuses another version with the way out", () => {
  const text = JSON.stringify(seal({ version: 2 }));
  assert.throws(() => openSealed(text, EXPECTED), (error) => {
    assert.ok(error instanceof StoredStateError);
    assert.equal(
      error.message,
      'Cannot read "state.json": found version 2, wanted 1',
    );
    assert.match(error.hint ?? "", /--force/);
    return true;
  });
});
