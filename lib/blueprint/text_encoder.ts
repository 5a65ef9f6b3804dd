// Weights of BertTextEncoder: DistilBERT (Sanh et al. 2019) and a head of two Bezier layers.
import { constant, normal, xavierUniform } from "./initializers.ts";
import type { ModelOptions } from "./model_options.ts";
import type { ParameterList } from "./parameter_list.ts";

const EMBEDDING_DEVIATION = 0.02;

/** Declares the encoder under DistilBERT's names; `ouput_layer` is spelled as in the original's files. */
export function declareTextEncoder(
  list: ParameterList,
  options: ModelOptions,
): void {
  const sizes = options.textEncoder;
  const embeddings = "language_model.embeddings";
  declareTable(
    list,
    `${embeddings}.word_embeddings.weight`,
    sizes.vocabSize,
    sizes.dim,
  );
  declareTable(
    list,
    `${embeddings}.position_embeddings.weight`,
    sizes.maxPositions,
    sizes.dim,
  );
  list.norm(`${embeddings}.LayerNorm`, sizes.dim);
  for (let layer = 0; layer < sizes.layers; layer++) {
    const name = `language_model.transformer.layer.${layer}`;
    for (const projection of ["q_lin", "k_lin", "v_lin", "out_lin"]) {
      declareXavier(
        list,
        `${name}.attention.${projection}`,
        sizes.dim,
        sizes.dim,
      );
    }
    list.norm(`${name}.sa_layer_norm`, sizes.dim);
    declareXavier(list, `${name}.ffn.lin1`, sizes.dim, sizes.hiddenDim);
    declareXavier(list, `${name}.ffn.lin2`, sizes.hiddenDim, sizes.dim);
    list.norm(`${name}.output_layer_norm`, sizes.dim);
  }
  // The head's Bezier parts pass a layer norm first, which PyTorch stores interleaved too.
  list.linear("ouput_layer.0", sizes.dim, sizes.headDim, { bezier: true });
  declareBezierNorm(list, "ouput_layer.1", sizes.headDim);
  list.linear("ouput_layer.3", sizes.headDim, options.textEmbeddingDim, {
    bezier: true,
  });
  declareBezierNorm(list, "ouput_layer.4", options.textEmbeddingDim);
}

function declareTable(
  list: ParameterList,
  name: string,
  rows: number,
  width: number,
): void {
  list.plain(
    name,
    [rows, width],
    normal(list.stream(name), EMBEDDING_DEVIATION),
  );
}

function declareXavier(
  list: ParameterList,
  name: string,
  inputs: number,
  outputs: number,
): void {
  list.linear(name, inputs, outputs, {
    weight: (weight) => xavierUniform(list.stream(weight)),
  });
}

function declareBezierNorm(
  list: ParameterList,
  name: string,
  features: number,
): void {
  list.bezierVector(`${name}.weight`, features, constant(1));
  list.bezierVector(`${name}.bias`, features, constant(0));
}
