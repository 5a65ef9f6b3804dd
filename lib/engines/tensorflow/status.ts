// TF_Status: how TensorFlow tells that a call failed, turned into our errors.
import { StepFailure } from "../../error/failure.ts";
import { textAt } from "./native_text.ts";
import type { Calls } from "./symbols.ts";

const OK = 0;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;

/** A call into TensorFlow failed; the message is TensorFlow's own. */
export class TensorflowError extends StepFailure {
  override readonly name = "TensorflowError";
}

/** One status record, used again by every call: the engine runs on one thread. */
export class Status {
  readonly address: bigint;
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
    this.address = calls.TF_NewStatus();
  }

  /**
   * Checks the last call. `action`: what was tried, such as `run op "Conv2D"`.
   *
   * @throws {TensorflowError}
   */
  check(action: string, subject = ""): void {
    const code = this.#calls.TF_GetCode(this.address);
    if (code !== OK) this.#fail(code, action, subject);
  }

  #fail(code: number, action: string, subject: string): never {
    const text = textAt(this.#calls, this.#calls.TF_Message(this.address));
    const what = subject === "" ? action : `${action} "${subject}"`;
    const hint = hintFor(code, text);
    throw new TensorflowError(
      `Cannot ${what} on engine "tensorflow": ${text}`,
      hint === null ? {} : { hint },
    );
  }
}

function hintFor(code: number, text: string): string | null {
  if (code === RESOURCE_EXHAUSTED) {
    return "Lower the step's `batch_size` or `model` sizes, or give the machine more memory";
  }
  const isMissing = code === UNIMPLEMENTED ||
    /neither a type of a primitive operation|No OpKernel was registered/
      .test(text);
  return isMissing
    ? "This TensorFlow library lacks the op for this device or type: install another version with `engine install`, or use --engine wasm"
    : null;
}
