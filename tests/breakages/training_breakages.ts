// Mistakes in what a train step computes, and in what it goes on from.
import type { Breakage, NamedTest } from "./breakage.ts";

const RESUME: NamedTest = {
  file: "tests/train/train_resume_test.ts",
  name:
    "trainBody() stopped after any batch and started again ends with the same bytes",
};

const EXACT: NamedTest = {
  file: "tests/train/exact_resume_test.ts",
  name:
    "a pipeline that is stopped or killed at any report ends with the bytes of an undisturbed one",
};

export const TRAINING_BREAKAGES: readonly Breakage[] = [
  {
    name: "the cursor is off by one",
    file: "lib/train/train_snapshot.ts",
    from: "      batch: state.batch,",
    to: "      batch: state.batch + 1,",
    test: RESUME,
  },
  {
    name: "the noise of a batch starts anew in each process",
    file: "lib/train/vae_trainer.ts",
    from: "`vae_noise/${moment.trainStep}`",
    to: "`vae_noise/${performance.now()}`",
    test: RESUME,
  },
  {
    name: "the average of the weights is not saved",
    file: "lib/train/train_snapshot.ts",
    from: "average: average?.store() ?? null,",
    to: "average: null,",
    test: RESUME,
  },
  {
    name: "the updates of the average are not counted on",
    file: "lib/train/train_snapshot.ts",
    from: "      state.average.updates,",
    to: "      0,",
    test: RESUME,
  },
  {
    name: "the optimizer's counts are not restored",
    file: "lib/train/parameter_group.ts",
    from: "this.#optimizerState = { ...stored.counts, tensors };",
    to: "this.#optimizerState = { ...stored.counts, count: 0, tensors };",
    test: RESUME,
  },
  {
    name: "the schedule is not restored",
    file: "lib/train/parameter_group.ts",
    from: "this.#schedulerState = stored.scheduler;",
    to: "",
    test: RESUME,
  },
  {
    name: "rows behind the checkpoint stay in the metric log",
    file: "lib/train/train_snapshot.ts",
    from: "await log.truncate(state.metrics.bytes);",
    to: "",
    test: {
      file: "tests/train/train_resume_test.ts",
      name:
        "trainBody() killed after any batch goes on from the last checkpoint to the same bytes",
    },
  },
  {
    name: "gathered gradients are not restored",
    file: "lib/train/parameter_group.ts",
    from: "this.gathered.restore(sums, stored.gathered);",
    to: "tf.dispose([...sums.values()]);",
    test: EXACT,
  },
  {
    name: "a gradient is dropped",
    file: "lib/train/gathered_gradients.ts",
    from: "tf.add(before, gradient)",
    to: "tf.clone(before)",
    test: {
      file: "tests/train/gathered_gradients_test.ts",
      name:
        "GatheredGradients takes the mean, counts a missing gradient as zero, and leaks nothing",
    },
  },
  {
    name: "gradients are never clipped",
    file: "lib/optim/clipping.ts",
    from: "const bound = maxNorm ?? 0;",
    to: "const bound = (maxNorm ?? 0) * 0;",
    test: {
      file: "tests/optim/clipping_test.ts",
      name:
        "clipByGlobalNorm() scales every gradient by PyTorch's factor and leaks nothing",
    },
  },
  {
    name: "every epoch has the same order",
    file: "lib/data/batch_order.ts",
    from: "Permutation.of(views.length, seed, epoch, name)",
    to: "Permutation.of(views.length, seed, 0, name)",
    test: {
      file: "tests/data/batch_order_test.ts",
      name:
        "RS13, RS21: another epoch begins at its first batch, in another order, and is whole",
    },
  },
  {
    name: "the last batch of an epoch is left out",
    file: "lib/data/batch_order.ts",
    from: "before += Math.ceil(bucket.views.length / batchSize);",
    to: "before += Math.floor(bucket.views.length / batchSize);",
    test: {
      file: "tests/data/batch_order_test.ts",
      name: "RS16: no picture twice in one epoch, and none left out",
    },
  },
];
