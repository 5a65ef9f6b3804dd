import assert from "node:assert/strict";
import { printableText } from "../../lib/worker/printable_text.ts";

Deno.test("printableText() keeps text, tabs and colours, and nothing else that a terminal obeys", () => {
  const kept = "a\tb \u001b[1;31mred\u001b[0m é 漢 ↑";
  assert.equal(printableText(kept), kept);
  for (
    const harmful of [
      "\u001b[2J", // clears the screen
      "\u001b[10;20H", // moves the cursor
      "\u001b]0;title\u0007",
      "\u001b]52;c;aGk=\u001b\\", // writes to the clipboard
      "\u001bc", // resets the terminal
      "\u001bP1$r\u001b\\",
      "\u009b2J",
      "\r",
      "\b",
      "\u0007",
      "\u007f",
    ]
  ) {
    assert.equal(printableText(`x${harmful}y`), "xy", JSON.stringify(harmful));
  }
});
