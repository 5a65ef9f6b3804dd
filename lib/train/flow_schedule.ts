// The diffusion that a model's flow learns and is sampled with: both read it here.
import type { ModelOptions } from "../blueprint/model_options.ts";
import {
  type DiffusionSchedule,
  diffusionSchedule,
} from "../losses/diffusion_schedule.ts";

/** Signal and noise at each time of the model's diffusion. */
export function flowSchedule(
  { noiseSchedule, trainTimesteps }: ModelOptions,
): DiffusionSchedule {
  return diffusionSchedule(noiseSchedule, trainTimesteps);
}
