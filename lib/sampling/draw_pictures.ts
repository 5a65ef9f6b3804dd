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

/** What to draw and how. */
export interface DrawingTask {
  readonly model: FluxModel;
  readonly captions: readonly string[];
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
  /** Picture i starts from the stream `drawing_noise/<i>` of this seed. */
  readonly seed: number;
  /** Called after each step of each pass with the share done, 0 to 1; false gives up. */
  readonly onStep: (share: number) => Promise<boolean>;
}

/** One picture: rows of RGB numbers in [-1, 1], not yet clipped. */
export interface DrawnPicture {
  readonly caption: string;
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** Draws one picture per caption, in their order; null when `onStep` gave up. */
export async function drawPictures(
  task: DrawingTask,
): Promise<DrawnPicture[] | null> {
  const pictures: DrawnPicture[] = [];
  for (let from = 0; from < task.captions.length; from += PASS_SIZE) {
    const captions = task.captions.slice(from, from + PASS_SIZE);
    const drawn = await drawPass(task, captions, from);
    if (drawn === null) return null;
    pictures.push(...drawn);
  }
  return pictures;
}

async function drawPass(
  task: DrawingTask,
  captions: readonly string[],
  from: number,
): Promise<DrawnPicture[] | null> {
  const { model } = task;
  const grid = latentGrid(model.options, task.height, task.width);
  const start = startNoise(task, captions.length, { grid, from });
  const text = task.vectorsOf(captions);
  const negative = task.vectorsOf(captions.map(() => task.negative));
  const share = captions.length / task.captions.length;
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
      task.onStep(from / task.captions.length + share * done / task.steps),
  });
  tf.dispose([start, text, negative]);
  if (latent === null) return null;
  const images = decodeLatent(task, latent, grid);
  latent.dispose();
  const values = await images.data() as Float32Array;
  images.dispose();
  const size = task.height * task.width * 3;
  return captions.map((caption, row) => ({
    caption,
    height: task.height,
    width: task.width,
    values: values.slice(row * size, (row + 1) * size),
  }));
}

/** One stream per picture, so that a picture does not depend on which others are drawn with it. */
function startNoise(
  task: DrawingTask,
  count: number,
  place: { readonly grid: Grid; readonly from: number },
): tf.Tensor3D {
  const tokens = place.grid.height * place.grid.width;
  const width = latentDim(task.model.options);
  const values = new Float32Array(count * tokens * width);
  for (let row = 0; row < count; row++) {
    RandomStream.of(task.seed, `drawing_noise/${place.from + row}`)
      .fillNormal(
        values.subarray(row * tokens * width, (row + 1) * tokens * width),
      );
  }
  return tf.tensor3d(values, [count, tokens, width]);
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
