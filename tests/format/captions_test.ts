// Lines of a captions file, right and wrong.
import assert from "node:assert/strict";
import { RefusedError } from "../../lib/error/failure.ts";
import { parseCaptions } from "../../lib/format/captions.ts";

Deno.test("parseCaptions() reads names, captions and lines", () => {
  assert.deepEqual(
    parseCaptions("\uFEFFa.png\tone\r\nsub/b.png\ttwo words", "c.txt"),
    [
      { name: "a.png", caption: "one", line: 1 },
      { name: "sub/b.png", caption: "two words", line: 2 },
    ],
  );
});

const WRONG: readonly [string, string, RegExp][] = [
  ["two tabs", "a.png\tone\nb.png\ttwo\tthree\n", /c\.txt:2 has 2 tabs/],
  ["no tab", "a.png one\n", /c\.txt:1 has 0 tabs, wanted one/],
  ["a blank line", "a.png\tone\n  \nb.png\ttwo\n", /c\.txt:2 is blank/],
  ["a blank line at the end", "a.png\tone\n\n", /c\.txt:2 is blank/],
  ["no name", "a.png\tone\n\ttwo\n", /c\.txt:2 has no picture name/],
  ["no caption", "a.png\tone\nb.png\t \n", /c\.txt:2 has no caption/],
  [
    "a way out of the folder",
    "../a.png\tone\n",
    /c\.txt:1 names "\.\.\/a\.png"/,
  ],
  ["an absolute name", "/a.png\tone\n", /c\.txt:1 names "\/a\.png"/],
  ["no line at all", "", /"c\.txt" is empty/],
];

for (const [what, text, message] of WRONG) {
  Deno.test(`parseCaptions() refuses ${what}`, () => {
    assert.throws(() => parseCaptions(text, "c.txt"), (error: unknown) => {
      assert.ok(error instanceof RefusedError);
      assert.match(error.message, message);
      return true;
    });
  });
}
