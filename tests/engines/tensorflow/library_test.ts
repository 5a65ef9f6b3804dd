// Libraries that cannot serve: each refused with what is wrong and the way out; and the one permission that a good one needs.
import assert from "node:assert/strict";
import { join } from "node:path";
import { openLibrary } from "../../../lib/engines/tensorflow/library.ts";
import { withTemporaryFolder } from "../../disk/temporary_folder.ts";
import { ROOT } from "../../cli/cli_process.ts";
import {
  CLANG,
  compiledLibrary,
  hollowLibrary,
  OTHER_ARCH,
  versionSource,
} from "../../support/broken_libraries.ts";
import { testWith } from "../../support/outside_program.ts";
import {
  tensorflow,
  testOnTensorflow,
} from "../../support/tensorflow_library.ts";

function refusal(path: string): { message: string; hint: string } {
  try {
    openLibrary(path);
  } catch (error) {
    const { name, message, hint } = error as Error & { hint: string };
    assert.equal(name, "RefusedError", message);
    return { message, hint };
  }
  throw new Error(`"${path}" was opened`);
}

Deno.test("openLibrary() tells a missing file, a text and a library for another machine apart", async () => {
  await withTemporaryFolder(async (folder) => {
    const table: [string, Uint8Array | null, RegExp][] = [
      ["gone.so", null, /there is no such file/],
      [
        "text.so",
        new TextEncoder().encode("hello"),
        /it is not a shared library for Linux/,
      ],
      [
        "other.so",
        hollowLibrary(OTHER_ARCH),
        new RegExp(
          `it is a library for ${OTHER_ARCH}, this machine is ${Deno.build.arch}`,
        ),
      ],
    ];
    for (const [name, content, message] of table) {
      const path = join(folder, name);
      if (content !== null) await Deno.writeFile(path, content);
      const found = refusal(path);
      assert.match(found.message, message);
      assert.match(found.hint, /engine install|--engine wasm/);
    }
  });
});

testWith(
  CLANG,
  "openLibrary() refuses a library that is not TensorFlow's, too old, or lacks a function",
  async () => {
    await withTemporaryFolder(async (folder) => {
      const table: [string, string, RegExp][] = [
        ["none.so", "int nothing;", /it is not TensorFlow's C library/],
        [
          "old.so",
          versionSource("1.15.0"),
          /^Cannot use TensorFlow 1\.15\.0 in .*: wanted 2\.9 or newer$/,
        ],
        [
          "part.so",
          versionSource("2.21.0"),
          /^Cannot use TensorFlow 2\.21\.0 in .*undefined symbol: /,
        ],
      ];
      for (const [name, source, message] of table) {
        const found = refusal(
          await compiledLibrary(join(folder, name), source),
        );
        assert.match(found.message, message);
        assert.match(found.hint, /engine install/);
      }
    });
  },
);

testOnTensorflow(
  "the engine computes with --allow-ffi for its library and no other permission",
  async () => {
    const { path } = tensorflow().library!;
    const script = `
    import { startEngine } from "${ROOT}/lib/engines/engine.ts";
    import { tf } from "${ROOT}/lib/tensor/tf.ts";
    await startEngine(JSON.parse(Deno.args[0]));
    const grad = tf.grad((x) => tf.sum(tf.mul(tf.square(x), tf.tensor(["a"]).size)));
    console.log((await grad(tf.tensor([1, 2])).data()).join());`;
    const run = async (...flags: string[]) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--quiet",
          "--no-prompt",
          "--cached-only",
          "--ignore-env",
          `--config=${ROOT}/deno.json`,
          ...flags,
          "-",
          JSON.stringify(tensorflow()),
        ],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
        env: { NO_COLOR: "1" },
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(script));
      await writer.close();
      const { stdout, stderr } = await child.output();
      const decoder = new TextDecoder();
      return {
        out: decoder.decode(stdout).trim(),
        err: decoder.decode(stderr),
      };
    };
    const allowed = await run(`--allow-ffi=${path}`);
    assert.equal(allowed.out, "2,4", allowed.err);
    const refused = await run("--allow-ffi=/usr/lib/other.so");
    assert.equal(refused.out, "");
    assert.match(refused.err, /Requires ffi access to/);
  },
);
