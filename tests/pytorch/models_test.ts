// Outputs and gradients of every network against PyTorch's, from formulas: reference_models.py writes what is compared.
import assert from "node:assert/strict";
import type { Component } from "../../lib/blueprint/parameter_spec.ts";
import type {
  ModelOptions,
  Variant,
} from "../../lib/blueprint/model_options.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import {
  buildModel,
  decode,
  encode,
  encodeText,
  type FluxModel,
  judgePictures,
  latentTokens,
  predictVelocity,
} from "../../lib/models/flux_model.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { testWith } from "../support/outside_program.ts";
import { tinyModel } from "../support/tiny_model.ts";
import fixture from "../fixtures/pytorch_models.json" with { type: "json" };
import {
  assertLike,
  channelsFirst,
  channelsLast,
  fill,
  sequence,
  settleNorms,
  type Summary,
  weighed,
} from "./formulas.ts";
import { assertSameReference, pythonJson, TORCH } from "./python.ts";

await startEngine("wasm");

interface Reference {
  readonly outputs: readonly Summary[];
  readonly gradients: Readonly<Record<string, Summary>>;
  readonly inputs: readonly Summary[];
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** One network as reference_models.py runs it. */
interface Case {
  readonly component: Component;
  readonly options: Partial<ModelOptions>;
  /** In PyTorch's layout, as those that PyTorch differentiated by. */
  readonly inputs: () => tf.Tensor[];
  /** Outputs in PyTorch's layout. */
  readonly run: (model: FluxModel, inputs: readonly tf.Tensor[]) => tf.Tensor[];
}

const VAE = { vaeDim: 16, vaeHeads: 8, vaeAttnLayers: 2, compressorKernel: 8 };

function compressor(variant: Variant): Case {
  return {
    component: "compressor",
    options: { variant, ...VAE },
    inputs: () => [sequence([2, 3, 8, 8], [0.31, 0.5, 0.5])],
    run(model, [images]) {
      const posterior = encode(model, channelsLast(images!));
      const noise = channelsLast(sequence([2, 16, 2, 2], [0.17, 1, 1]));
      const spread = tf.exp(tf.mul(posterior.logVar, 0.5));
      const latent = tf.add(posterior.mean, tf.mul(spread, noise));
      return [
        latentTokens(model, latent as tf.Tensor4D, posterior),
        channelsFirst(posterior.mean),
        channelsFirst(posterior.logVar),
      ];
    },
  };
}

function expander(spade: boolean): Case {
  return {
    component: "expander",
    options: {
      ...VAE,
      downscales: 1,
      expanderUpKernel: 16,
      expanderKernel: 5,
      expanderDilation: 2,
      rgbDim: 96,
      spadeDim: 128,
    },
    inputs: () => [sequence([2, 4, 16])],
    run: (model, [tokens]) => [
      channelsFirst(
        decode(model, tokens as tf.Tensor3D, { height: 2, width: 2 }, {
          spade,
        }),
      ),
    ],
  };
}

function flow(variant: Variant): Case {
  const times = variant === "fluxline" ? [250, 3] : [0.25, 0.003];
  return {
    component: "flow_processor",
    options: {
      variant,
      vaeDim: 8,
      featureMapsDim: 16,
      flowHeads: 2,
      flowLayers: 2,
      textEmbeddingDim: 12,
    },
    inputs: () => [sequence([2, 6, 8]), sequence([2, 12])],
    run: (model, [tokens, text]) => [
      predictVelocity(model, tokens as tf.Tensor3D, {
        height: 2,
        width: 3,
        text: text as tf.Tensor2D,
        time: tf.tensor1d(times),
      }),
    ],
  };
}

function text(variant: Variant): Case {
  const sizes = { vocabSize: 32, dim: 12, layers: 2, heads: 3 };
  const lengths = { hiddenDim: 24, maxPositions: 8, headDim: 6 };
  return {
    component: "text_encoder",
    options: {
      variant,
      textEmbeddingDim: 10,
      textEncoder: { ...sizes, ...lengths },
    },
    inputs: () => [],
    run: (model) => [
      encodeText(
        model,
        tf.tensor2d([[3, 7, 1, 0, 0], [5, 2, 9, 4, 1]], [2, 5], "int32"),
        tf.tensor2d([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], [2, 5], "int32"),
      ),
    ],
  };
}

function discriminator(): Case {
  return {
    component: "discriminator",
    options: { vaeDim: 8, discBase: 4, discDepth: 2 },
    inputs: () => [sequence([2, 3, 8, 8]), sequence([2, 8])],
    run: (model, [images, context]) => [
      channelsFirst(
        judgePictures(model, channelsLast(images!), context as tf.Tensor2D),
      ),
    ],
  };
}

const CASES: Readonly<Record<string, Case>> = {
  "FluxCompressor of fluxflow": compressor("fluxflow"),
  "FluxCompressor of fluxline": compressor("fluxline"),
  "FluxExpander with SPADE": expander(true),
  "FluxExpander without SPADE": expander(false),
  "FluxFlowProcessor of fluxflow": flow("fluxflow"),
  "FluxFlowProcessor of fluxline": flow("fluxline"),
  "BertTextEncoder of fluxflow": text("fluxflow"),
  "BertTextEncoder of fluxline": text("fluxline"),
  "PatchDiscriminator": discriminator(),
};

for (const [name, one] of Object.entries(CASES)) {
  Deno.test(`${name} has PyTorch's outputs and gradients, names and shapes`, () => {
    const wanted: Reference = fixture.cases[name as keyof typeof fixture.cases];
    using model = buildModel(tinyModel(one.options), {
      components: [one.component],
      seed: 0,
    });
    fill(model, one.component);
    if (one.component === "discriminator") settleNorms(model);
    assertShapes(model, one.component, wanted);
    tf.tidy(() => assertCase(model, one, wanted));
  });
}

function assertCase(model: FluxModel, one: Case, wanted: Reference): void {
  const inputs = one.inputs();
  const names = model.parameters.trainableNames(one.component);
  const variables = names.map((name) => model.parameters.get(name));
  const outputs = one.run(model, inputs);
  wanted.outputs.forEach((summary, k) => {
    assert.deepEqual(outputs[k]!.shape, summary.shape);
    const what = `output ${k}`;
    assertLike(outputs[k]!.dataSync(), summary, { what, tolerance: 1e-4 });
  });
  const { grads } = tf.variableGrads(
    () => weighed(one.run(model, inputs)),
    variables,
  );
  const found = new Map(names.flatMap((name, k) => {
    const gradient = grads[variables[k]!.name];
    return gradient === undefined ? [] : [[name, gradient] as const];
  }));
  const reached = [...found.keys()].sort();
  assert.deepEqual(reached, Object.keys(wanted.gradients).sort());
  const least = 1e-4 *
    Math.max(...Object.values(wanted.gradients).map(({ norm }) => norm));
  for (const [name, { data }] of model.parameters.toStored(found)) {
    const summary = wanted.gradients[name]!;
    assertLike(data, summary, { what: name, tolerance: 1e-3, least });
  }
  if (inputs.length === 0) return;
  const byInput = tf.grads((...xs: tf.Tensor[]) => weighed(one.run(model, xs)))(
    inputs,
  );
  byInput.forEach((gradient, k) => {
    const what = `gradient of input ${k}`;
    assertLike(gradient.dataSync(), wanted.inputs[k]!, {
      what,
      tolerance: 1e-3,
    });
  });
}

/** Names and shapes are those that PyTorch's modules give themselves; the latent statistics are fluxline's own. */
function assertShapes(
  model: FluxModel,
  component: Component,
  { shapes }: Reference,
): void {
  const own = model.parameters.trainableNames(component).map((name) =>
    [name, [...model.parameters.specs.get(name)!.shape]] as const
  );
  assert.deepEqual(
    Object.fromEntries(own.sort(([a], [b]) => a < b ? -1 : 1)),
    shapes,
  );
}

testWith(TORCH, "reference_models.py still finds what is stored", async () => {
  assertSameReference(await pythonJson("reference_models.py"), fixture);
});
