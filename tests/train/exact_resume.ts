// A small pipeline in this process that is stopped or killed at any of its reports, started again, and compared with an undisturbed run.
import { join } from "node:path";
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import { BatchStream } from "../../lib/data/batch_stream.ts";
import { sha256Hex } from "../../lib/disk/digest.ts";
import type { EngineChoice } from "../../lib/engine_setup/engine_choice.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { readMetricRows } from "../../lib/metrics/metric_log.ts";
import { trainBody } from "../../lib/steps/train.ts";
import type { StepContext } from "../../lib/steps/step_context.ts";
import { ganStep } from "./gan_step.ts";
import {
  flowStep,
  requestOf,
  stateOf,
  TinyProject,
  vaeStep,
} from "./tiny_step.ts";

/** Three batches an epoch, the last of one picture. */
const PICTURES = 5;
const EPOCHS = 2;

const checkpoint = {
  interval_batches: 1,
  interval_minutes: null,
  max_lost_minutes: null,
  keep_last: 2,
  keep_best: null,
};

/** A VAE whose updates gather two batches, the same against a discriminator, and a flow on it. */
const STEPS: readonly TrainStep[] = [
  vaeStep({
    n_epochs: EPOCHS,
    eval_dataset: "held_out",
    gradient_accumulation_steps: 2,
    checkpoint: { ...checkpoint, interval_batches: 2 },
  }),
  ganStep({
    name: "gan",
    index: 1,
    needs: ["vae"],
    n_epochs: EPOCHS,
    init_from: { compressor: "vae", expander: "vae" },
    checkpoint,
  }),
  flowStep({
    index: 2,
    needs: ["gan"],
    n_epochs: EPOCHS,
    eval_dataset: "held_out",
    init_from: { compressor: "gan", expander: "gan" },
    checkpoint,
  }),
];

/** How a run is disturbed. */
export const INTERRUPTIONS = ["stop", "kill"] as const;

/** `stop` asks the step to save and leave, `kill` ends it on the spot. */
export type Interruption = typeof INTERRUPTIONS[number];

/** Content by name. */
type Outcome = Readonly<Record<string, string>>;

/** One disturbance. */
export interface ResumeCase {
  /** Number of the report. */
  readonly at: number;
  readonly kind: Interruption;
}

class Killed extends Error {}

/** The pipeline on one engine. */
export class ResumedPipeline implements Disposable {
  readonly #project = new TinyProject(PICTURES);
  readonly #engine: EngineChoice;
  /** Pictures of every training batch that was read, by `epoch/batch`. */
  readonly #read = new Map<string, readonly number[]>();
  readonly #readBatch: BatchStream["read"];
  #calm: Outcome = {};
  /** What the undisturbed run reported, in order, such as `flow: samples 1/2`. */
  readonly points: string[] = [];

  /** Runs the pipeline once without a disturbance, in a process that runs `engine`. */
  static async open(engine: EngineChoice): Promise<ResumedPipeline> {
    await startEngine(engine);
    const pipeline = new ResumedPipeline(engine);
    await pipeline.#runAll("calm", (label) => pipeline.points.push(label));
    pipeline.#calm = await pipeline.#outcomeOf("calm");
    return pipeline;
  }

  private constructor(engine: EngineChoice) {
    this.#engine = engine;
    const read = BatchStream.prototype.read;
    const places = this.#read;
    this.#readBatch = read;
    BatchStream.prototype.read = async function (epoch, batch) {
      const found = await read.call(this, epoch, batch);
      const before = places.get(`${epoch}/${batch}`);
      if (before !== undefined && `${before}` !== `${found.indices}`) {
        throw new Error(`Batch ${epoch}/${batch} has other pictures`);
      }
      places.set(`${epoch}/${batch}`, found.indices);
      return found;
    };
  }

  /** Every way to disturb the run. */
  cases(): ResumeCase[] {
    return INTERRUPTIONS.flatMap((kind) =>
      this.points.map((_, at) => ({ at, kind }))
    );
  }

  /** The first report that begins with `label`. */
  caseAt(kind: Interruption, label: string): ResumeCase {
    const at = this.points.findIndex((point) => point.startsWith(label));
    if (at < 0) throw new RangeError(`No report begins with "${label}"`);
    return { at, kind };
  }

  /** Disturbs a run, starts it again, and answers what is other than in the undisturbed one; null where nothing is. */
  async try({ at, kind }: ResumeCase): Promise<string | null> {
    const name = `${kind}-${at}`;
    let count = 0;
    let isMet = false;
    try {
      await this.#runAll(name, (_, stop) => {
        if (count++ !== at) return;
        isMet = true;
        if (kind === "kill") throw new Killed();
        stop();
      });
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    if (!isMet) return "the report never came";
    await this.#runAll(name, () => {});
    const found = await this.#outcomeOf(name);
    const names = new Set([...Object.keys(found), ...Object.keys(this.#calm)]);
    const other = [...names].filter((one) => found[one] !== this.#calm[one]);
    Deno.removeSync(join(this.#project.root, "store", name), {
      recursive: true,
    });
    return other.length === 0 ? null : `other bytes: ${other.join(", ")}`;
  }

  /** Runs what is not finished; a stop leaves the steps behind it undone. */
  async #runAll(
    name: string,
    onReport: (label: string, stop: () => void) => void,
  ): Promise<void> {
    const inputs: Record<string, string> = {};
    for (const step of STEPS) {
      const folder = this.#project.folder(join(name, step.name));
      const context = this.#contextOf(step, { ...inputs }, folder, onReport);
      const { outcome } = await trainBody(context);
      if (outcome === "stopped") return;
      inputs[step.name] = folder;
    }
  }

  #contextOf(
    step: TrainStep,
    inputs: Record<string, string>,
    folder: string,
    onReport: (label: string, stop: () => void) => void,
  ): StepContext {
    const request = requestOf(this.#project, step, { folder, inputs });
    const output = { ...request.output, samples_per_checkpoint: 1 };
    const controller = new AbortController();
    const report = (text: string) =>
      onReport(`${step.name}: ${text}`, () => controller.abort());
    return {
      request: { ...request, output, engine: this.#engine },
      folder,
      inputs,
      secrets: {},
      signal: controller.signal,
      takeCheckpointWish: () => false,
      log: (text) => report(text),
      progress: ({ phase, done, total }) => report(`${phase} ${done}/${total}`),
      picture: () => report("picture"),
      saved: () => {},
    };
  }

  /** Weights, averages, optimizer, state, metrics and pictures of every step, and the pictures of every batch in the order of the rows. */
  async #outcomeOf(name: string): Promise<Outcome> {
    const outcome: Record<string, string> = {};
    for (const step of STEPS) {
      const folder = join(this.#project.root, "store", name, step.name);
      for (const [file, content] of Object.entries(stateOf(folder))) {
        outcome[`${step.name}/${file}`] = sha256Hex(content);
      }
      for (const { name: file } of Deno.readDirSync(join(folder, "samples"))) {
        const bytes = Deno.readFileSync(join(folder, "samples", file));
        outcome[`${step.name}/${file}`] = sha256Hex(bytes);
      }
      outcome[`${step.name}/order`] = await this.#orderIn(folder);
    }
    return outcome;
  }

  /** @throws {Error} where an epoch has a picture twice or not at all */
  async #orderIn(folder: string): Promise<string> {
    const rows = await readMetricRows(join(folder, "metrics.jsonl"));
    const trained = rows.filter(({ kind }) => kind === "train");
    const order = Array.from(
      { length: EPOCHS },
      (_, epoch) =>
        trained.filter((row) => row.epoch === epoch)
          .flatMap(({ batch }) => this.#read.get(`${epoch}/${batch}`) ?? []),
    );
    for (const [epoch, places] of order.entries()) {
      const sorted = places.toSorted((left, right) => left - right);
      if (`${sorted}` === `${[...Array(PICTURES).keys()]}`) continue;
      throw new Error(`Epoch ${epoch + 1} trained on pictures ${places}`);
    }
    return JSON.stringify(order);
  }

  [Symbol.dispose](): void {
    BatchStream.prototype.read = this.#readBatch;
    this.#project[Symbol.dispose]();
  }
}
