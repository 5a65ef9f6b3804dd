// The test mode of the disk: numbers every operation of a process and, at one of them, ends the process or refuses the operation.
// It is off unless a test hands it over, and then costs one comparison per operation.
import { type DiskOperation, type DiskProbe, probeDisk } from "./operation.ts";
import { UnsyncedState } from "./unsynced_state.ts";

/** What happens at the chosen operation. */
export const DISK_EVENTS = [
  /** The process is killed before it. */
  "kill",
  /** Half of a write arrives, then the process is killed. */
  "torn",
  /** The machine loses power before it: unsynced content is gone, names stay. */
  "lost_content",
  /** The machine loses power before it: unsynced content and unsynced names are gone. */
  "lost_names",
  /** It fails with ENOSPC. */
  "no_space",
  /** It fails with EIO; a failed sync also loses the content that it should have kept. */
  "io_error",
] as const;

/** One of {@linkcode DISK_EVENTS}. */
export type DiskEvent = typeof DISK_EVENTS[number];

/** What a test asks for. */
export interface DiskTest {
  /** The operation, such as `runner:17` or `step vae_warmup:4`, counted from 1; null only counts. */
  readonly at: string | null;
  readonly event: DiskEvent;
  /** Absolute path of a file that the runner appends one line per operation to. */
  readonly trace: string;
}

/** One operation as the trace tells it. */
export interface TracedOperation {
  /** Such as `runner:17`. */
  readonly point: string;
  readonly kind: DiskOperation["kind"];
  readonly path: string;
  readonly to: string | null;
  /** Whether the process ends at it. */
  readonly dies: boolean;
}

/** Name of the runner's process in points. */
const RUNNER_PROCESS = "runner";

/** Name of a step's process in points. */
export function stepProcess(step: string): string {
  return `step ${step}`;
}

/** The test mode of this process. */
export class TestedDisk implements DiskProbe {
  readonly test: DiskTest;
  readonly #process: string;
  readonly #tell: (operation: TracedOperation) => void;
  readonly #unsynced = new UnsyncedState();
  #count = 0;

  constructor(
    test: DiskTest,
    process: string,
    tell: (operation: TracedOperation) => void,
  ) {
    this.test = test;
    this.#process = process;
    this.#tell = tell;
  }

  before(operation: DiskOperation): void {
    const point = `${this.#process}:${++this.#count}`;
    const { event } = this.test;
    const isChosen = point === this.test.at &&
      (event !== "torn" || operation.kind === "write");
    if (!isChosen) {
      this.#tell(traced(operation, point, false));
      this.#unsynced.before(operation);
      return;
    }
    if (event === "no_space" || event === "io_error") {
      this.#tell(traced(operation, point, false));
      if (event === "io_error" && operation.kind === "sync") {
        this.#unsynced.dropContent(operation.path);
      }
      throw refusal(event);
    }
    if (event === "torn") operation.tear?.();
    this.losePower();
    this.#tell(traced(operation, point, true));
    die();
  }

  after(operation: DiskOperation): void {
    this.#unsynced.after(operation);
  }

  /** Undoes what was not synced, where the event is a loss of power. */
  losePower(): void {
    const { event } = this.test;
    if (event === "lost_content") this.#unsynced.lose({ names: false });
    if (event === "lost_names") this.#unsynced.lose({ names: true });
  }

  /** A step's process tells of one of its operations: the runner traces it, and dies with it where the machine lost power. */
  hear(operation: TracedOperation): void {
    this.#tell(operation);
    const { event } = this.test;
    if (!operation.dies) return;
    if (event !== "lost_content" && event !== "lost_names") return;
    this.losePower();
    die();
  }
}

let active: TestedDisk | null = null;

/** Starts the test mode in this process. */
export function testDisk(disk: TestedDisk): void {
  active = disk;
  probeDisk(disk);
}

/** The runner's test mode, which it hands on to the processes of its steps; null outside of tests. */
export function activeDiskTest(): TestedDisk | null {
  return active;
}

/** The test mode of a runner: its trace goes to the file that the test names. */
export function runnerDisk(test: DiskTest): TestedDisk {
  return new TestedDisk(
    test,
    RUNNER_PROCESS,
    (operation) =>
      Deno.writeTextFileSync(test.trace, `${JSON.stringify(operation)}\n`, {
        append: true,
      }),
  );
}

function traced(
  { kind, path, to }: DiskOperation,
  point: string,
  dies: boolean,
): TracedOperation {
  return { point, kind, path, to: to ?? null, dies };
}

function refusal(event: "no_space" | "io_error"): Error {
  return new Error(
    event === "no_space"
      ? "No space left on device (os error 28)"
      : "Input/output error (os error 5)",
  );
}

function die(): never {
  Deno.kill(Deno.pid, "SIGKILL");
  // The signal arrives within microseconds; nothing else of this process may run until then.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}
