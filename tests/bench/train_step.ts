// One training step of ours on the running engine: the trainer's own path from the loss to the updated weights.
import { decodeSafetensors } from "../../lib/format/safetensors.ts";
import { latentGrid } from "../../lib/blueprint/model_options.ts";
import type { StoredArray } from "../../lib/blueprint/parameter_spec.ts";
import { buildModel, type FluxModel } from "../../lib/models/flux_model.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { flowLoss, pureFlowLoss } from "../../lib/train/flow_trainer.ts";
import { NO_BALANCE } from "../../lib/train/loss_balance.ts";
import { ParameterGroup } from "../../lib/train/parameter_group.ts";
import type { PreparedBatch, Trainer } from "../../lib/train/trainer.ts";
import { updateOnce } from "../../lib/train/update.ts";
import { vaeLoss } from "../../lib/train/vae_losses.ts";
import {
  type StepName,
  TRAINED,
  type Workload,
  WORKLOADS,
} from "./workload.ts";

/** A model on its batch, ready to train. */
export interface TrainStep {
  /** Numbers that train. */
  readonly parameters: number;
  /** Forward, backward, clipping and update; answers the loss when the new weights are there. */
  run(): Promise<number>;
}

/** Builds the step from the bytes that workload.ts made. */
export function trainStep(name: StepName, bytes: Uint8Array): TrainStep {
  const { tensors } = decodeSafetensors(bytes);
  const workload = WORKLOADS[name];
  const { settings } = workload;
  const model = buildModel(workload.model, {
    components: TRAINED[name],
    seed: 0,
  });
  load(
    model,
    tensors as ReadonlyMap<string, unknown> as Map<string, StoredArray>,
  );
  const inputs = new Map<string, tf.Tensor>();
  for (const [key, { shape, data }] of tensors) {
    if (!key.startsWith("input.")) continue;
    inputs.set(key.slice("input.".length), tf.tensor(data, shape, "float32"));
  }
  const group = new ParameterGroup(model.parameters, {
    name: name === "flow" ? "flow" : "vae",
    parameterNames: TRAINED[name].flatMap((part) =>
      model.parameters.trainableNames(part)
    ),
    optimizer: {
      type: "AdamW",
      lr: settings.lr,
      weight_decay: settings.weightDecay,
    },
    scheduler: null,
    totalUpdates: 1,
  });
  const trainer: Trainer = {
    groups: [group],
    lossMetric: "loss",
    clippingNorm: settings.clippingNorm,
    prepare: () => Promise.reject(new Error("the batch is prepared")),
  };
  const workOf = name === "flow" ? flowWork : vaeWork;
  const prepared = {
    settings: {},
    ...workOf(model, inputs, workload),
    [Symbol.dispose]: () => {},
  };
  return {
    parameters: TRAINED[name].reduce(
      (sum, component) => sum + model.parameters.count(component),
      0,
    ),
    async run() {
      const { metrics } = await updateOnce(trainer, prepared, true);
      // A queue of the engine is not empty before one of the last results is read.
      await [...group.variables.values()].at(-1)!.data();
      return metrics["loss"]!;
    },
  };
}

function load(
  model: FluxModel,
  stored: ReadonlyMap<string, StoredArray>,
): void {
  for (const [name, variable] of model.parameters.variables) {
    const array = stored.get(name);
    if (array === undefined) continue;
    const [tensor] = model.parameters.fromStored(new Map([[name, array]]))
      .values();
    variable.assign(tensor!);
    tensor!.dispose();
  }
}

type Inputs = ReadonlyMap<string, tf.Tensor>;
type Work = Pick<PreparedBatch, "loss" | "pure">;

function vaeWork(
  model: FluxModel,
  inputs: Inputs,
  { settings: { klBeta, mseWeight } }: Workload,
): Work {
  const batch = {
    images: inputs.get("images") as tf.Tensor4D,
    noise: inputs.get("noise") as tf.Tensor4D,
    features: null,
    klBeta,
    balance: () => NO_BALANCE,
  };
  const loss = () =>
    vaeLoss(model, batch, {
      spade: true,
      reconstructs: true,
      mseWeight,
      klBeta,
      klWarmupSteps: 0,
      klFreeBits: 0,
      adversarial: null,
      perceptual: null,
      balanced: false,
    });
  return { loss };
}

function flowWork(
  model: FluxModel,
  inputs: Inputs,
  workload: Workload,
): Work {
  const { side } = workload.settings;
  const batch = {
    noisy: inputs.get("noisy") as tf.Tensor3D,
    target: inputs.get("target") as tf.Tensor3D,
    time: inputs.get("time") as tf.Tensor1D,
    text: inputs.get("text") as tf.Tensor2D,
    grid: latentGrid(workload.model, side, side),
  };
  const { noisy, target, time, text, grid } = batch;
  return {
    loss: () => flowLoss(model, batch, "mse"),
    pure: pureFlowLoss(model, "mse", grid, [noisy, target, time, text]),
  };
}
