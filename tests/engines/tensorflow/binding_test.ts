// Every tensor type through the library and back, errors in TensorFlow's words, and that nothing is left behind.
import assert from "node:assert/strict";
import { startEngine } from "../../../lib/engines/engine.ts";
import type { NodeBackend } from "../../../lib/engines/tensorflow/native_ops.ts";
import type { TensorflowError } from "../../../lib/engines/tensorflow/status.ts";
import { TENSOR_TYPE } from "../../../lib/engines/tensorflow/tensor_type.ts";
import { tf } from "../../../lib/tensor/tf.ts";
import {
  TENSORFLOW,
  testOnTensorflow,
} from "../../support/tensorflow_library.ts";

if (TENSORFLOW !== null) await startEngine(TENSORFLOW);

const bindingOf = () => (tf.backend() as NodeBackend).binding;
const bytes = (text: string) => new TextEncoder().encode(text);

const VALUES = [
  { type: "float32", shape: [2, 2], values: Float32Array.of(1, -2, 3e38, NaN) },
  { type: "int32", shape: [3], values: Int32Array.of(1, -2, 2 ** 31 - 1) },
  { type: "uint8", shape: [2, 1], values: Uint8Array.of(0, 255) },
  { type: "bool", shape: [2], values: Uint8Array.of(0, 1) },
  { type: "complex64", shape: [2], values: Float32Array.of(1, 2, 3, 4) },
  { type: "float32", shape: [], values: Float32Array.of(7) },
  { type: "float32", shape: [0, 3], values: new Float32Array(0) },
] as const;

for (const { type, shape, values } of VALUES) {
  testOnTensorflow(
    `tensorDataSync() reads what createTensor() wrote: ${type} [${shape}]`,
    () => {
      const binding = bindingOf();
      const before = binding.getNumOfTensors();
      const id = binding.createTensor(shape, TENSOR_TYPE[type], values);
      assert.deepEqual(binding.tensorDataSync(id), values);
      binding.deleteTensor(id);
      assert.equal(binding.getNumOfTensors(), before);
    },
  );
}

testOnTensorflow(
  "int64 goes in as pairs of int32 and comes out as bigint",
  () => {
    const binding = bindingOf();
    const pairs = Int32Array.of(5, 0, -1, -1, 0, 1);
    const id = binding.createTensor([3], TENSOR_TYPE.int64, pairs);
    const expected = BigInt64Array.of(5n, -1n, 2n ** 32n);
    assert.deepEqual(binding.tensorDataSync(id), expected);
    binding.deleteTensor(id);
  },
);

testOnTensorflow("strings of every length survive", () => {
  const binding = bindingOf();
  // 22 bytes fit into the record, more live elsewhere.
  const texts = ["", "a", "x".repeat(22), "y".repeat(23), "ü".repeat(5000)];
  const id = binding.createTensor(
    [texts.length],
    TENSOR_TYPE.string,
    texts.map(bytes),
  );
  const read = binding.tensorDataSync(id) as Uint8Array[];
  assert.deepEqual(read.map((one) => new TextDecoder().decode(one)), texts);
  binding.deleteTensor(id);
});

testOnTensorflow("tfjs itself sees all of its types on the engine", () => {
  tf.tidy(() => {
    assert.deepEqual(tf.tensor(["a", "bc"]).arraySync(), ["a", "bc"]);
    assert.deepEqual(tf.tensor([true, false]).logicalNot().arraySync(), [0, 1]);
    const product = tf.mul(
      tf.complex([1, 2], [3, 4]),
      tf.complex([0, 1], [1, 0]),
    );
    assert.deepEqual([...product.dataSync()], [-3, 1, 2, 4]);
    assert.deepEqual(tf.scalar(7, "int32").square().arraySync(), 49);
  });
});

testOnTensorflow("an op that fails says which, in TensorFlow's words", () => {
  const binding = bindingOf();
  const before = binding.getNumOfTensors();
  const vector = binding.createTensor(
    [2],
    TENSOR_TYPE.float32,
    Float32Array.of(1, 2),
  );
  const type = { name: "T", type: 4, value: TENSOR_TYPE.float32 };
  const run = (name: string, attributes = [type]) => () =>
    binding.executeOp(name, attributes, [vector, vector], 1);
  assert.throws(run("MatMul"), {
    name: "TensorflowError",
    message:
      'Cannot run op "MatMul" on engine "tensorflow": In[0] ndims must be >= 2',
  });
  assert.throws(run("NoSuchOp"), (error: TensorflowError) => {
    assert.match(
      error.message,
      /^Cannot run op "NoSuchOp" on engine "tensorflow": .*NoSuchOp/,
    );
    assert.match(error.hint ?? "", /--engine wasm/);
    return true;
  });
  // The engine is as good as before.
  assert.deepEqual(
    binding.executeOp("AddV2", [type], [vector, vector], 1)[0]!.shape,
    [2],
  );
  binding.deleteTensor(vector);
  assert.equal(binding.getNumOfTensors(), before + 1);
});

testOnTensorflow("values that do not fill the shape are refused", () => {
  assert.throws(
    () =>
      bindingOf().createTensor([3], TENSOR_TYPE.float32, new Float32Array(2)),
    /Cannot make a tensor of shape \[3\]: it holds 12 bytes, the values have 8/,
  );
});

testOnTensorflow(
  "a training step of ops leaves no tensor behind, in tfjs and in TensorFlow",
  () => {
    const step = () => {
      const x = tf.tidy(() => tf.variable(tf.ones([2, 8, 8, 4])));
      const filter = tf.tidy(() => tf.variable(tf.ones([3, 3, 4, 4])));
      const { value, grads } = tf.variableGrads(() =>
        tf.mean(
          tf.square(
            tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 1, "NHWC", 2),
          ),
        ) as tf.Scalar
      );
      tf.dispose([value, ...Object.values(grads), x, filter]);
    };
    // Axes and sizes stay in TensorFlow for good; the first step brings them there.
    step();
    const before = [tf.memory().numTensors, bindingOf().getNumOfTensors()];
    for (let at = 0; at < 3; at++) step();
    assert.deepEqual(
      [tf.memory().numTensors, bindingOf().getNumOfTensors()],
      before,
    );
  },
);
