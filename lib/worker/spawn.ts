// Starts the process of one step, feeds it, listens to it and stops it. Knows nothing of plans or of what a step does.
import { join } from "node:path";
import type { DiskTest } from "../disk/disk_test.ts";
import { maskSecrets } from "../shards/shard_token.ts";
import { AUDIT_FILE } from "./access_audit.ts";
import { LOG_FILE } from "./attempt_files.ts";
import { AttemptLog } from "./attempt_log.ts";
import { isNativeGreeting } from "./native_greeting.ts";
import { printableText } from "./printable_text.ts";
import { signalGroup } from "./process_group.ts";
import {
  type ChildMessage,
  decodeChildLine,
  encodeMessage,
  type ParentMessage,
  readTextLines,
  type ReportedFailure,
  type Secrets,
  STOPPED_EXIT_CODE,
} from "./protocol.ts";
import { spawnStep, type StepCommand } from "./step_command.ts";
import type { StepResult } from "./step_message.ts";
import type { WaitingProcess } from "./waiting_process.ts";

/** What a step's process is started with. */
export interface StepLaunch extends StepCommand {
  /** A process that may be the step's already; from now on no concern of the caller's. */
  readonly waiting?: WaitingProcess | null;
  /** Goes to the child as its first line. */
  readonly request: unknown;
  /** Go the same way, and into no file; whatever the child prints is masked. */
  readonly secrets?: Secrets;
  /** Secrets that the child has from its environment: masked in the same way. */
  readonly declaredSecrets?: Secrets;
  /** Only in tests of the disk. */
  readonly diskTest?: DiskTest;
  /** Existing folder of this attempt; gets `log.txt` and `audit.jsonl`. */
  readonly attemptFolder: string;
  readonly onMessage: (message: ChildMessage) => void;
  /** A line that the child printed outside of the protocol. */
  readonly onText: (text: string) => void;
}

/** How a step's process ended. */
export type StepEnd =
  | {
    readonly kind: "ended";
    readonly result: StepResult;
    readonly peakMemoryBytes: number | null;
  }
  | { readonly kind: "failed"; readonly failure: ReportedFailure }
  /** It said nothing at the end: killed, out of memory, or left on its own. */
  | {
    readonly kind: "died";
    readonly code: number;
    readonly signal: Deno.Signal | null;
  };

/** A running step. */
export class StepProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #killTimer: ReturnType<typeof setTimeout> | null = null;
  #isOver = false;
  /** Resolves when the process is gone and all it printed was relayed. */
  readonly ended: Promise<StepEnd>;

  static async start(launch: StepLaunch): Promise<StepProcess> {
    // Ends with this call unless it is handed over.
    await using waiting = launch.waiting ?? null;
    const log = await AttemptLog.create(join(launch.attemptFolder, LOG_FILE));
    try {
      const audit = join(launch.attemptFolder, AUDIT_FILE);
      const child = await waiting?.handOver(launch, audit) ??
        spawnStep(launch, audit);
      return new StepProcess(child, launch, log);
    } catch (error) {
      log[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(
    child: Deno.ChildProcess,
    launch: StepLaunch,
    log: AttemptLog,
  ) {
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.ended = this.#follow(launch, log);
    const { request, diskTest, secrets } = launch;
    this.#send({
      type: "request",
      request,
      ...(diskTest === undefined ? {} : { diskTest }),
      ...(secrets === undefined ? {} : { secrets }),
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Asks the step to save and go on. */
  askCheckpoint(): void {
    if (!this.#isOver) this.#send({ type: "checkpoint" });
  }

  /** Asks the step and whatever it started to save and leave, and kills them where they have not left after `graceMs`. */
  stop(graceMs: number): void {
    if (this.#isOver || this.#killTimer !== null) return;
    this.#send({ type: "stop" });
    signalGroup(this.#child, "SIGTERM");
    this.#killTimer = setTimeout(() => this.kill(), graceMs);
  }

  /** Ends the process now, without a chance to save. */
  kill(): void {
    if (!this.#isOver) signalGroup(this.#child, "SIGKILL");
  }

  #send(message: ParentMessage): void {
    const line = new TextEncoder().encode(`${encodeMessage(message)}\n`);
    // A child that is already gone says so by its exit code; the broken pipe adds nothing.
    this.#input.write(line).catch(() => {});
  }

  async #follow(launch: StepLaunch, log: AttemptLog): Promise<StepEnd> {
    using _log = log;
    let last: StepEnd | null = null;
    const masked = maskSecrets({
      ...launch.declaredSecrets,
      ...launch.secrets,
    });
    const relayText = (text: string) => {
      if (text === "") return;
      log.write(text);
      launch.onText(printableText(text));
    };
    const relayOutput = async () => {
      for await (const line of readTextLines(this.#child.stdout)) {
        const { text, message } = decodeChildLine(masked(line));
        relayText(text);
        if (message === null) continue;
        logMessage(log, message);
        if (message.type === "ended") {
          const { result, peakMemoryBytes = null } = message;
          last = { kind: "ended", result, peakMemoryBytes };
        } else if (message.type === "failed") {
          last = { kind: "failed", failure: message.failure };
        } else launch.onMessage(message);
      }
    };
    const relayErrors = async () => {
      for await (const line of readTextLines(this.#child.stderr)) {
        if (isNativeGreeting(line)) log.write(line);
        else relayText(masked(line));
      }
    };
    const [status] = await Promise.all([
      this.#child.status,
      relayOutput(),
      relayErrors(),
    ]);
    // Native code may have started processes of its own: none outlives the step.
    signalGroup(this.#child, "SIGKILL");
    this.#isOver = true;
    if (this.#killTimer !== null) clearTimeout(this.#killTimer);
    await this.#input.abort().catch(() => {});
    return endOf(last, status);
  }
}

/** A process that sent its result but was killed before it left on its own has not kept its promise. */
function endOf(last: StepEnd | null, status: Deno.CommandStatus): StepEnd {
  const died: StepEnd = {
    kind: "died",
    code: status.code,
    signal: status.signal,
  };
  if (last === null || status.signal !== null) return died;
  if (last.kind !== "ended") return last;
  const wanted = last.result.outcome === "done" ? 0 : STOPPED_EXIT_CODE;
  return status.code === wanted ? last : died;
}

function logMessage(log: AttemptLog, message: ChildMessage): void {
  switch (message.type) {
    case "log":
      log.write(`${message.level}: ${message.text}`);
      break;
    case "failed":
      log.write(`failed: ${message.failure.stack ?? message.failure.message}`);
      break;
    case "ended":
      log.write(`ended: ${JSON.stringify(message.result)}`);
      break;
    case "ready":
    case "progress":
    case "picture":
    case "saved":
    case "disk":
      break;
    default:
      message satisfies never;
  }
}
