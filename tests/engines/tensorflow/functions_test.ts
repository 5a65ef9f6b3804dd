// Work kept as functions of TensorFlow's own: the same numbers as op by op, and a refusal of what would go stale.
import assert from "node:assert/strict";
import { startEngine } from "../../../lib/engines/engine.ts";
import type { NodeBackend } from "../../../lib/engines/tensorflow/native_ops.ts";
import { runPure } from "../../../lib/tensor/pure_work.ts";
import { tf } from "../../../lib/tensor/tf.ts";
import {
  TENSORFLOW,
  testOnTensorflow,
} from "../../support/tensorflow_library.ts";

if (TENSORFLOW !== null) await startEngine(TENSORFLOW);

const OWNER = {};
const tensorsAlive = () => [
  tf.memory().numTensors,
  (tf.backend() as NodeBackend).binding.getNumOfTensors(),
];

/** Runs work of that name on `inputs` and reads its one result. */
function valueOf(
  name: string,
  inputs: readonly tf.Tensor[],
  body: () => tf.Tensor,
  owner: object = OWNER,
): number[] {
  const results = runPure(
    { owner, name, inputs },
    () => new Map([["y", tf.tidy(body)]]),
  );
  assert.deepEqual([...results.keys()], ["y"]);
  const y = results.get("y")!;
  const numbers = [...y.dataSync()];
  y.dispose();
  return numbers;
}

testOnTensorflow(
  "runPure() computes from the inputs of each call, and asks for the work once for each shape and owner",
  () => {
    let asked = 0;
    const twice = (x: tf.Tensor) => () => {
      asked++;
      // Constants of the work, a list of inputs, casts and reshapes that change nothing.
      const shaped = tf.reshape(tf.reshape(tf.cast(x, "float32"), [-1]), [-1]);
      const sum = tf.addN([tf.mul(shaped, 2), shaped, tf.neg(shaped)]);
      return tf.add(sum, tf.tensor([1]));
    };
    const run = (values: number[], owner?: object) => {
      const x = tf.tensor(values);
      const found = valueOf("twice", [x], twice(x), owner);
      x.dispose();
      return found;
    };
    assert.deepEqual(run([1, 2]), [3, 5]);
    // Axes and sizes stay in TensorFlow for good; the first run brings them there.
    const before = tensorsAlive();
    assert.deepEqual(run([3, -5]), [7, -9]);
    assert.equal(asked, 1);
    assert.deepEqual(run([3, -5, 7]), [7, -9, 15]);
    assert.equal(asked, 2);
    assert.deepEqual(run([3, 4], {}), [7, 9]);
    assert.equal(asked, 3);
    assert.deepEqual(tensorsAlive(), before);
  },
);

testOnTensorflow(
  "runPure() tells constants that are equal but for the sign of zero apart",
  () => {
    const x = tf.tensor([1]);
    const found = valueOf(
      "zeros",
      [x],
      () =>
        tf.concat([
          tf.div(x, tf.tensor([0])) as tf.Tensor1D,
          tf.div(x, tf.tensor([-0])) as tf.Tensor1D,
        ]),
    );
    assert.deepEqual(found, [Infinity, -Infinity]);
    x.dispose();
  },
);

testOnTensorflow(
  "runPure() answers an input that is itself a result, and gradients through the tape",
  () => {
    const x = tf.variable(tf.tensor([2, 3]));
    const body = () => {
      const { value, grads } = tf.variableGrads(
        () => tf.sum(tf.mul(tf.square(x), x)) as tf.Scalar,
        [x],
      );
      return new Map([["value", value], ["grad", grads[x.name]!], [
        "same",
        tf.clone(x),
      ]]);
    };
    for (const start of [[2, 3], [1, -1]]) {
      const now = tf.tensor(start);
      x.assign(now);
      const results = runPure({ owner: x, name: "cube", inputs: [x] }, body);
      const [a, b] = start as [number, number];
      assert.deepEqual(results.get("value")!.arraySync(), a ** 3 + b ** 3);
      assert.deepEqual(
        results.get("grad")!.arraySync(),
        [3 * a * a, 3 * b * b],
      );
      assert.deepEqual(results.get("same")!.arraySync(), start);
      tf.dispose([now, ...results.values()]);
    }
    x.dispose();
  },
);

testOnTensorflow(
  "runPure() refuses tensors that are no inputs, whether TensorFlow has them or JavaScript still holds them",
  () => {
    const x = tf.tensor([1]);
    const held = tf.tensor([5]);
    const sent = tf.tidy(() => tf.add(tf.tensor([5]), 1));
    const before = tf.memory().numTensors;
    for (const [at, other] of [held, sent].entries()) {
      assert.throws(
        () => valueOf(`foreign ${at}`, [x], () => tf.add(x, other)),
        /none of its inputs/,
      );
      const both = [x, other];
      const found = valueOf(`own ${at}`, both, () => tf.add(x, other));
      assert.deepEqual(found, [6 + at]);
    }
    assert.equal(tf.memory().numTensors, before);
    tf.dispose([x, held, sent]);
  },
);

testOnTensorflow(
  "runPure() refuses work that looks at numbers or draws them",
  () => {
    const x = tf.tensor([1]);
    const looks = () => tf.mul(x, tf.add(x, 1).dataSync()[0]!);
    assert.throws(
      () => valueOf("looks", [x], looks),
      /Cannot look at numbers while work is recorded/,
    );
    const draws = () => tf.add(x, tf.multinomial(tf.tensor1d([1, 1]), 1, 7));
    assert.throws(
      () => valueOf("draws", [x], draws),
      /Cannot record op "Multinomial": it is no pure function/,
    );
    // The engine is as good as before.
    assert.deepEqual(valueOf("plain", [x], () => tf.add(x, 1)), [2]);
    x.dispose();
  },
);
