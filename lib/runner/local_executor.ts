// Steps as processes of this machine, started by this process.
import type { LocalOptions } from "../catalog/executor_options.ts";
import type { PlannedStep } from "../plan/plan.ts";
import type { CancelWish, DrivenExecutor, StepTicket } from "./executor.ts";
import { MachineShare, measureMachine } from "./machine_share.ts";
import type { StepSummary } from "./run_summary.ts";
import { type DriveScene, driveStep } from "./step_drive.ts";
import type { StepGate } from "./step_gate.ts";
import { StopControl } from "./stop_control.ts";

/** What the steps of one run have in common here. */
export interface LocalScene extends Omit<DriveScene, "stop"> {
  /** Limits for all steps together; null where something else, such as Slurm, holds each step to its own. */
  readonly limits: LocalOptions | null;
  /** Lets steps of several runs in; null or left out where this run has the machine to itself. */
  readonly gate?: StepGate | null;
}

interface LocalTicket extends StepTicket {
  readonly stop: StopControl;
  readonly summary: Promise<StepSummary>;
}

/** Runs steps on this machine. */
export class LocalExecutor implements DrivenExecutor {
  readonly #scene: LocalScene;
  readonly #tickets = new Map<StepTicket, LocalTicket>();
  #share: MachineShare | null = null;

  constructor(scene: LocalScene) {
    this.#scene = scene;
  }

  async prepare(steps: readonly PlannedStep[]): Promise<void> {
    const { limits, gate } = this.#scene;
    if (limits === null) return;
    this.#share = await gate?.share(limits) ??
      new MachineShare(await measureMachine(limits, steps));
    this.#share.refuseTooLarge(steps);
  }

  fits(step: PlannedStep, beside: readonly PlannedStep[]): boolean {
    // The gate counts the steps of the other runs too, and is where a step waits.
    const isGated = (this.#scene.gate ?? null) !== null;
    return isGated || this.#share === null ||
      this.#share.fits([...beside, step]);
  }

  expect(steps: readonly PlannedStep[]): void {
    this.#scene.waiting?.expect(steps);
  }

  submit(steps: readonly PlannedStep[]): Promise<readonly StepTicket[]> {
    return Promise.resolve(steps.map((step) => this.#start(step)));
  }

  async watch(ticket: StepTicket): Promise<void> {
    await this.#own(ticket).summary;
  }

  cancel(ticket: StepTicket, wish: CancelWish): Promise<void> {
    const { stop } = this.#own(ticket);
    if (wish === "save") stop.request("SIGTERM");
    else stop.force();
    return Promise.resolve();
  }

  async collect(ticket: StepTicket): Promise<StepSummary> {
    const { summary } = this.#own(ticket);
    this.#tickets.delete(ticket);
    return await summary;
  }

  #start(step: PlannedStep): StepTicket {
    const stop = new StopControl();
    const share = this.#share;
    const { waiting } = this.#scene;
    const confinement = share?.take(step);
    const summary = driveStep(step, {
      ...this.#scene,
      stop,
      ...(confinement === undefined ? {} : { confinement }),
    }).finally(async () => {
      share?.giveBack(step);
      await waiting?.forget(step);
    });
    const ticket = { step, place: null, isNew: true, stop, summary };
    this.#tickets.set(ticket, ticket);
    return ticket;
  }

  #own(ticket: StepTicket): LocalTicket {
    const own = this.#tickets.get(ticket);
    if (own === undefined) {
      throw new RangeError(`Step "${ticket.step.name}" was not taken here`);
    }
    return own;
  }
}
