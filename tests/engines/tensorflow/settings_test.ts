// What the engine is told at its start takes effect: threads of ops, and ops that repeat themselves to the last bit.
import assert from "node:assert/strict";
import { ROOT } from "../../cli/cli_process.ts";
import {
  tensorflow,
  testOnTensorflow,
} from "../../support/tensorflow_library.ts";

/** After a product that is worth all threads: how many the process has, beside Deno's; and what an op without a seed is told. */
const SCRIPT = `
  import { startEngine } from "${ROOT}/lib/engines/engine.ts";
  import { tf } from "${ROOT}/lib/tensor/tf.ts";
  await startEngine(JSON.parse(Deno.args[0]));
  const x = tf.ones([512, 512]);
  tf.matMul(x, x).dataSync();
  const threads = [...Deno.readDirSync("/proc/self/task")]
    .map(({ name }) => Deno.readTextFileSync("/proc/self/task/" + name + "/comm"))
    .filter((name) => !/^(V8|tokio)/.test(name)).length;
  const { binding } = tf.backend();
  const shape = binding.createTensor([1], binding.TF_INT32, Int32Array.of(3));
  const types = [["dtype", binding.TF_FLOAT], ["T", binding.TF_INT32]]
    .map(([name, value]) => ({ name, type: binding.TF_ATTR_TYPE, value }));
  let refusal = "";
  try {
    binding.executeOp("RandomStandardNormal", types, [shape], 1);
  } catch (error) {
    refusal = error.message;
  }
  console.log(JSON.stringify({ threads, refusal }));`;

/** In a process of its own: TensorFlow takes settings once. */
async function startedWith(
  threads: number,
): Promise<{ threads: number; refusal: string }> {
  const { library } = tensorflow();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--allow-all",
      `--config=${ROOT}/deno.json`,
      "-",
      JSON.stringify({ name: "tensorflow", library, threads, device: "cpu" }),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(SCRIPT));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}

testOnTensorflow(
  "an engine of three threads has two more than one of one, and ops that would draw by chance are refused",
  async () => {
    const [one, three] = [await startedWith(1), await startedWith(3)];
    assert.equal(three.threads - one.threads, 2);
    for (const { refusal } of [one, three]) {
      assert.match(refusal, /When determinism is enabled, random ops must/);
    }
  },
);
