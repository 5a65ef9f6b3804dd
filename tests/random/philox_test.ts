// Philox against the known answers of its authors' Random123 library.
import assert from "node:assert/strict";
import { philox4x32 } from "../../lib/random/philox.ts";

const KNOWN: readonly (readonly [number[], number[], string])[] = [
  [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    "408f276d 41c83b0e a20bc7c6 6d5451fd",
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    "d16cfe09 94fdcceb 5001e420 24126ea1",
  ],
];

Deno.test("philox4x32() gives the known answers", () => {
  const out = new Uint32Array(4);
  for (const [counter, key, words] of KNOWN) {
    philox4x32(Uint32Array.from(counter), Uint32Array.from(key), out);
    const hex = [...out].map((word) => word.toString(16).padStart(8, "0"));
    assert.equal(hex.join(" "), words);
  }
});
