// Opens the perceptual loss of a train step from the file that the plan has hashed.
import { bucketsOf } from "../data/batch_order.ts";
import { StepFailure } from "../error/failure.ts";
import { readPerceptualWeights } from "../exchange/perceptual_weights.ts";
import {
  LEAST_SIDE,
  PerceptualDistance,
} from "../models/perceptual_distance.ts";
import type { StepContext } from "./step_context.ts";
import type { OpenedTrainStep } from "./train_session.ts";

/** The perceptual loss, or null where the step has none; the opened step frees it. */
export async function openPerceptual(
  { request }: StepContext,
  { owned, dataset }: OpenedTrainStep,
): Promise<PerceptualDistance | null> {
  if (request.lpips === undefined) return null;
  for (const { size: { height, width } } of bucketsOf(dataset.views)) {
    if (Math.min(height, width) >= LEAST_SIDE) continue;
    throw new StepFailure(
      `Cannot measure LPIPS of pictures of ${width}x${height}: VGG16 halves them four times, wanted sides of ${LEAST_SIDE} or more`,
      { hint: "Set `use_lpips: false`, or `data.img_size` to a larger number" },
    );
  }
  const arrays = await readPerceptualWeights(request.lpips);
  return owned.use(new PerceptualDistance(arrays));
}
