// That the mistakes of `deno task test:breakages` can still be made; whether they are noticed, the task says.
import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../cli/cli_process.ts";
import { broken } from "./breakage.ts";
import { BREAKAGES } from "./breakages.ts";

Deno.test("every breakage changes one line and names a test that there is", async () => {
  assert.ok(BREAKAGES.length >= 20);
  const names = BREAKAGES.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const breakage of BREAKAGES) {
    const { file, from, to, test } = breakage;
    assert.doesNotMatch(from + to, /\n/);
    const text = await Deno.readTextFile(join(ROOT, file));
    assert.notEqual(broken(text, breakage), text);
    const tests = await Deno.readTextFile(join(ROOT, test.file));
    assert.ok(tests.includes(JSON.stringify(test.name)), test.name);
  }
});
