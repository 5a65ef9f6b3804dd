// The committed kernels are what their source compiles to.
import assert from "node:assert/strict";
import { binaryModule, buildKernels } from "../../lib/engines/kernels/build.ts";
import { testWith } from "../support/outside_program.ts";

const CLANG = {
  name: "clang 14 with lld",
  how: "apt-get install clang-14 lld-14",
  probe: ["sh", "-c", "clang-14 --version && wasm-ld-14 --version"] as [
    string,
    ...string[],
  ],
};

testWith(
  CLANG,
  "kernels_binary.ts is what clang 14 makes of kernels.c",
  async () => {
    const committed = await Deno.readTextFile(
      new URL("../../lib/engines/kernels/kernels_binary.ts", import.meta.url),
    );
    assert.equal(binaryModule(await buildKernels()), committed);
  },
);
