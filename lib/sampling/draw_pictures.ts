// Captions to pictures: text vectors, noise, the sampler, and the expander.
import { LATENT_MEAN, LATENT_STD } from "../models/flow_processor.ts";
import { decode, type FluxModel, type Grid } from "../models/flux_model.ts";
import { latentDim, latentGrid } from "../blueprint/model_options.ts";
import type { DiffusionSchedule } from "../losses/diffusion_schedule.ts";
import { RandomStream } from "../random/random_stream.ts";
import { tf } from "../tensor/tf.ts";
import { guidedVelocity } from "./guidance.ts";
import { noiseCourse } from "./noise_course.ts";
import { sampleLatent, type SolverName } from "./ode_sampler.ts";

/** Pictures per pass; fixed, so that the same picture always gives the same bytes. */
const PASS_SIZE = 8;

/** One picture that is asked for. */
export interface PictureOrder {
  readonly caption: string;
  /** Another caption, and how far the vector lies on the straight way to its one, 0 to 1. */
  readonly towards?: { readonly caption: string; readonly share: number };
  /** Which noise it starts from: the stream `drawing_noise/<noise>` of the seed. */
  readonly noise: number;
}

/** What to draw and how. */
export interface DrawingTask {
  readonly model: FluxModel;
  readonly pictures: readonly PictureOrder[];
  /** Vectors [N, E] of captions; the caller of it owns them. */
  readonly vectorsOf: (captions: readonly string[]) => tf.Tensor2D;
  readonly negative: string;
  readonly guidanceScale: number;
  /** Sides of the pictures, multiples of what the model needs. */
  readonly height: number;
  readonly width: number;
  readonly schedule: DiffusionSchedule;
  readonly steps: number;
  readonly solver: SolverName;
  readonly spade: boolean;
  readonly seed: number;
  /** Called after each step of each pass with the share done, 0 to 1; false gives up. */
  readonly onStep: (share: number) => Promise<boolean>;
}

/** One picture: rows of RGB numbers in [-1, 1], not yet clipped. */
export interface DrawnPicture {
  readonly order: PictureOrder;
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** Draws the pictures in their order; null when `onStep` gave up. */
export async function drawPictures(
  task: DrawingTask,
): Promise<DrawnPicture[] | null> {
  const drawn: DrawnPicture[] = [];
  for (let from = 0; from < task.pictures.length; from += PASS_SIZE) {
    const orders = task.pictures.slice(from, from + PASS_SIZE);
    const pass = await drawPass(task, orders, from);
    if (pass === null) return null;
    drawn.push(...pass);
  }
  return drawn;
}

async function drawPass(
  task: DrawingTask,
  orders: readonly PictureOrder[],
  from: number,
): Promise<DrawnPicture[] | null> {
  const { model } = task;
  const grid = latentGrid(model.options, task.height, task.width);
  const start = startNoise(task, orders, grid);
  const text = orderedVectors(task, orders);
  const negative = task.vectorsOf(orders.map(() => task.negative));
  const share = orders.length / task.pictures.length;
  const latent = await sampleLatent({
    solver: task.solver,
    start,
    course: noiseCourse(task.schedule, task.steps),
    velocity: guidedVelocity(model, {
      grid,
      text,
      negative,
      scale: task.guidanceScale,
    }),
    onStep: (done) =>
      task.onStep(from / task.pictures.length + share * done / task.steps),
  });
  tf.dispose([start, text, negative]);
  if (latent === null) return null;
  const images = decodeLatent(task, latent, grid);
  latent.dispose();
  const values = await images.data() as Float32Array;
  images.dispose();
  const size = task.height * task.width * 3;
  return orders.map((order, row) => ({
    order,
    height: task.height,
    width: task.width,
    values: values.slice(row * size, (row + 1) * size),
  }));
}

/** Vectors [N, E], between those of two captions where an order says so; the caller owns them. */
function orderedVectors(
  { vectorsOf }: DrawingTask,
  orders: readonly PictureOrder[],
): tf.Tensor2D {
  const from = vectorsOf(orders.map(({ caption }) => caption));
  if (orders.every(({ towards }) => towards === undefined)) return from;
  const to = vectorsOf(
    orders.map(({ caption, towards }) => towards?.caption ?? caption),
  );
  const shares = orders.map(({ towards }) => towards?.share ?? 0);
  const between = tf.tidy(() => {
    const share = tf.tensor2d(shares, [shares.length, 1]);
    // In this form both ends are exact.
    return tf.add(tf.mul(from, tf.sub(1, share)), tf.mul(to, share));
  });
  tf.dispose([from, to]);
  return between as tf.Tensor2D;
}

/** One stream per noise, so that a picture does not depend on which others are drawn with it. */
function startNoise(
  task: DrawingTask,
  orders: readonly PictureOrder[],
  grid: Grid,
): tf.Tensor3D {
  const size = grid.height * grid.width * latentDim(task.model.options);
  const values = new Float32Array(orders.length * size);
  for (const [row, { noise }] of orders.entries()) {
    RandomStream.of(task.seed, `drawing_noise/${noise}`)
      .fillNormal(values.subarray(row * size, (row + 1) * size));
  }
  return tf.tensor3d(values, [
    orders.length,
    grid.height * grid.width,
    latentDim(task.model.options),
  ]);
}

function decodeLatent(
  task: DrawingTask,
  latent: tf.Tensor3D,
  grid: Grid,
): tf.Tensor4D {
  const { model } = task;
  return tf.tidy(() => {
    const tokens = tf.add(
      tf.mul(latent, model.parameters.get(LATENT_STD)),
      model.parameters.get(LATENT_MEAN),
    ) as tf.Tensor3D;
    return decode(model, tokens, grid, { spade: task.spade });
  });
}
