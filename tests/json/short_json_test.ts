import assert from "node:assert/strict";
import { tokenizerFacts } from "../../lib/exchange/tokenizer_file.ts";
import { shortJson } from "../../lib/json/short_json.ts";

Deno.test("shortJson() shows any value in a few words", () => {
  assert.equal(shortJson({ a: [1] }), '{"a":[1]}');
  assert.equal(shortJson("x".repeat(1000)).length, 103);
  const deep = JSON.parse(`${"[".repeat(50_000)}${"]".repeat(50_000)}`);
  assert.ok(shortJson(deep).length <= 103);
});

Deno.test("tokenizerFacts() names an unknown kind of model in a few words", () => {
  const text = JSON.stringify({ model: { type: "x".repeat(10_000) } });
  assert.throws(() => tokenizerFacts(text), (error: Error) => {
    assert.equal(error.name, "StoredStateError");
    assert.ok(error.message.length < 300, error.message);
    return true;
  });
});
