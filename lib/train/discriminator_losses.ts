// The discriminator's loss on real and decoded pictures: the hinge pair, and in its turn the gradient penalty.
import { REPAIRS } from "../blueprint/model_options.ts";
import {
  discriminatorHinge,
  penaltyTerm,
  verdicts,
} from "../losses/adversarial.ts";
import {
  type FluxModel,
  judgeAlong,
  judgePictures,
  sharpenDiscriminator,
} from "../models/flux_model.ts";
import { tf } from "../tensor/tf.ts";
import type { LossTerms } from "./trainer.ts";

/** What is judged. */
export interface JudgedPictures {
  /** [2N, H, W, 3]: N real pictures, then the same decoded. */
  readonly images: tf.Tensor4D;
  /** [2N, L], the same for a picture and its decoded one. */
  readonly context: tf.Tensor2D;
}

/** Gradient of each verdict on a real picture with respect to that picture, [N, H, W, 3]. The caller owns it. */
export function verdictGradient(
  model: FluxModel,
  { images, context }: JudgedPictures,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [real] = tf.split(images, 2) as [tf.Tensor4D, tf.Tensor4D];
    const [known] = tf.split(context, 2) as [tf.Tensor2D];
    return tf.grad((images) =>
      tf.sum(verdicts(judgePictures(model, images as tf.Tensor4D, known)))
    )(real) as tf.Tensor4D;
  });
}

/** The gradient penalty of a turn. */
export interface Penalty {
  /** [N, H, W, 3]; null in a turn without a penalty. */
  readonly gradient: tf.Tensor4D | null;
  /** Weight of half of it. */
  readonly gamma: number;
}

/** The loss of one turn with its terms. Under `variant: fluxflow` it moves the spectral norms on between the two passes. */
export function discriminatorLoss(
  model: FluxModel,
  pictures: JudgedPictures,
  { gradient, gamma }: Penalty,
): LossTerms {
  const { real, fake, slope } = REPAIRS[model.options.variant].steadyNorms
    ? judgedTogether(model, pictures, gradient)
    : judgedInTurn(model, pictures, gradient);
  const hinge = discriminatorHinge(real, fake);
  if (gradient === null || slope === null) {
    return { total: hinge, terms: { d_loss: hinge } };
  }
  const penalty = penaltyTerm(slope, gradient);
  return {
    total: tf.add(hinge, tf.mul(gamma / 2, penalty)),
    terms: { d_loss: hinge, r1_penalty: penalty },
  };
}

/** Logits [N, h, w, 1] of real and of decoded pictures, and the derivative of the first along the penalty's gradient. */
interface Verdicts {
  readonly real: tf.Tensor4D;
  readonly fake: tf.Tensor4D;
  readonly slope: tf.Tensor4D | null;
}

/** Real and decoded pictures pass the layers together: their weights are normed once. */
function judgedTogether(
  model: FluxModel,
  { images, context }: JudgedPictures,
  gradient: tf.Tensor4D | null,
): Verdicts {
  if (gradient === null) {
    const [real, fake] = halvesOf(judgePictures(model, images, context));
    return { real, fake, slope: null };
  }
  const direction = tf.concat([gradient, tf.zerosLike(gradient)]);
  const judged = judgeAlong(model, images, { context, direction });
  const [real, fake] = halvesOf(judged.logits);
  return { real, fake, slope: halvesOf(judged.slope)[0] };
}

/** As in FluxFlow, where each pass through the layers moves their norms on by one power iteration. */
function judgedInTurn(
  model: FluxModel,
  { images, context }: JudgedPictures,
  gradient: tf.Tensor4D | null,
): Verdicts {
  const [realImages, fakeImages] = halvesOf(images);
  const [known] = tf.split(context, 2) as [tf.Tensor2D];
  const { logits: real, slope } = gradient === null
    ? { logits: judgePictures(model, realImages, known), slope: null }
    : judgeAlong(model, realImages, { context: known, direction: gradient });
  sharpenDiscriminator(model);
  return { real, fake: judgePictures(model, fakeImages, known), slope };
}

function halvesOf(both: tf.Tensor4D): [tf.Tensor4D, tf.Tensor4D] {
  return tf.split(both, 2) as [tf.Tensor4D, tf.Tensor4D];
}
