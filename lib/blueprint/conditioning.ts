// Weights of the modules that bring a context in: SPADE, the context mixer and the gated injection.
import { constant, xavierUniform } from "./initializers.ts";
import type { ParameterList } from "./parameter_list.ts";

/** Linear maps of the mixer's one attention layer. */
export const MIXER_PROJECTIONS: readonly string[] = [
  "q_proj",
  "k_proj",
  "v_proj",
  "out_proj",
];

/** Declares the three convolutions of one SPADE. */
export function declareSpade(
  list: ParameterList,
  name: string,
  sizes: {
    readonly context: number;
    readonly channels: number;
    readonly hidden: number;
  },
): void {
  list.conv(`${name}.mlp_shared.0`, sizes.context, sizes.hidden, 3);
  list.conv(`${name}.mlp_gamma`, sizes.hidden, sizes.channels, 3);
  list.conv(`${name}.mlp_beta`, sizes.hidden, sizes.channels, 3);
}

/** Declares a mixer of width `width`. */
export function declareContextMixer(
  list: ParameterList,
  name: string,
  width: number,
): void {
  list.plain(`${name}.cls`, [1, 1, width], constant(0));
  list.norm(`${name}.norm_in`, width);
  for (const projection of MIXER_PROJECTIONS) {
    list.linear(`${name}.${projection}`, width, width, {
      weight: (weight) => xavierUniform(list.stream(weight)),
    });
  }
  list.norm(`${name}.norm_out`, width);
}

/** Declares the gate of a vector of width `context` into tokens of width `width`. */
export function declareGatedInjection(
  list: ParameterList,
  name: string,
  context: number,
  width: number,
): void {
  list.linear(`${name}.gate.0`, context, width, {
    weight: (weight) => xavierUniform(list.stream(weight)),
  });
  list.linear(`${name}.bias`, context, width, {
    weight: (weight) => xavierUniform(list.stream(weight)),
  });
}
