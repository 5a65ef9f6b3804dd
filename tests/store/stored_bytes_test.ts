import assert from "node:assert/strict";
import { storedBytes } from "../../lib/store/stored_bytes.ts";

Deno.test("storedBytes() counts what checkpoints share once, and everything else as often as it is there", () => {
  const file = (path: string, bytes: number, sha256: string) => ({
    ...{ path, bytes, sha256 },
  });
  const files = [
    file("checkpoints/00000001/weights.safetensors", 10, "a"),
    file("checkpoints/00000002/weights.safetensors", 10, "b"),
    file("checkpoints/00000001/frozen.safetensors", 100, "c"),
    file("checkpoints/00000002/frozen.safetensors", 100, "c"),
    file("samples/1.png", 1000, "d"),
    file("samples/2.png", 1000, "d"),
  ];
  assert.equal(storedBytes(files), 2120);
});
