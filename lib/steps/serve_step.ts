// The life of a step's process: reads the request, takes the step's lock, runs the body, answers, leaves with a code that says how.
import type { TracedOperation } from "../disk/disk_test.ts";
import { EXIT_CODE } from "../error/exit_code.ts";
import { LockedError, StoredStateError } from "../error/failure.ts";
import { REQUEST_VERSION, type StepRequest } from "../store/step_request.ts";
import type { Task } from "../catalog/pipeline.ts";
import { type Secrets, STOPPED_EXIT_CODE } from "../worker/protocol.ts";
import { reportFailure } from "./failure_report.ts";
import { ParentLink } from "./parent_link.ts";
import type { StepBody, StepContext, StepResult } from "./step_context.ts";

const LOCK_WAIT_MS = 2000;
const LOCK_POLL_MS = 20;
const INPUT_BYTES = 64 * 1024;

/** Runs the one step that the runner asks for, with the body that `loadBody` has for its task; answers the exit code of this process. */
export async function serveStep(
  loadBody: (task: Task) => Promise<StepBody>,
): Promise<number> {
  const link = new ParentLink();
  const message = await link.open(standardInput());
  if (message === null) return EXIT_CODE.defect;
  const request = message.request as StepRequest;
  if (message.diskTest !== undefined) {
    const { stepProcess, testDisk, TestedDisk } = await import(
      "../disk/disk_test.ts"
    );
    const tell = (operation: TracedOperation) =>
      link.send({ type: "disk", operation });
    testDisk(
      new TestedDisk(message.diskTest, stepProcess(request.step.name), tell),
    );
  }
  const fail = (error: unknown): number => {
    const failure = reportFailure(error, request);
    link.send({ type: "failed", failure });
    return failure.exitCode;
  };
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    Deno.exit(fail(event.reason));
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    Deno.exit(fail(event.error));
  });
  try {
    const result = await runBody(message, link, loadBody);
    link.end(result);
    return result.outcome === "done" ? EXIT_CODE.done : STOPPED_EXIT_CODE;
  } catch (error) {
    return fail(error);
  }
}

async function runBody(
  message: { readonly request: unknown; readonly secrets?: Secrets },
  link: ParentLink,
  loadBody: (task: Task) => Promise<StepBody>,
): Promise<StepResult> {
  const request = message.request as StepRequest;
  if (request.version !== REQUEST_VERSION) {
    throw new StoredStateError(
      `Cannot run step: the request has version ${request.version}, wanted ${REQUEST_VERSION}`,
      { hint: "Start runner and step with the same fluxline" },
    );
  }
  using _lock = await takeStepLock(request);
  link.send({ type: "ready" });
  const context: StepContext = {
    request,
    folder: request.folder,
    inputs: request.inputs,
    secrets: message.secrets ?? {},
    signal: link.signal,
    takeCheckpointWish: () => link.takeCheckpointWish(),
    log: (text, level = "info") => link.send({ type: "log", level, text }),
    progress: (update) => link.progress(update),
    picture: (path) => link.send({ type: "picture", path }),
    saved: () => link.send({ type: "saved" }),
  };
  const body = await loadBody(request.task);
  try {
    return await body(context);
  } catch (error) {
    // A stop while data were fetched or opened: what came is kept.
    const isStop = link.signal.aborted && error === link.signal.reason;
    if (!isStop || request.task === "script") throw error;
    return { outcome: "stopped", metrics: {} };
  }
}

/** Holds the lock for as long as this process may write. The runner made the file and tells in it who we are: we may only read it. */
async function takeStepLock(request: StepRequest): Promise<Deno.FsFile> {
  const file = await Deno.open(request.lock, { read: true });
  for (let waited = 0; waited <= LOCK_WAIT_MS; waited += LOCK_POLL_MS) {
    if (await file.tryLock(true)) return file;
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
  file.close();
  throw new LockedError(
    `Cannot start step "${request.step.name}": another process holds "${request.lock}"`,
  );
}

/** What the runner sends. Read by hand: the streams of the Web would lengthen the start of a process by a tenth. */
async function* standardInput(): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(INPUT_BYTES);
  for (
    let count = await Deno.stdin.read(buffer);
    count !== null;
    count = await Deno.stdin.read(buffer)
  ) yield buffer.subarray(0, count);
}
