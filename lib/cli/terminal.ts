// The only place that prints. Everything else hands it finished text.
import process from "node:process";

/** Where a command writes. Tests give their own. */
export interface Terminal {
  /** Whether text for standard output may carry colour codes. */
  readonly color: boolean;
  /** Whether a person can answer a question. */
  readonly interactive: boolean;
  /** Whether standard output is a terminal, so that lines may be redrawn. */
  readonly redraws: boolean;
  /** One block of text and a line end, to standard output. */
  out(text: string): void;
  /** One block of text and a line end, to standard error. */
  err(text: string): void;
  /** Standard output for what redraws its own lines; only where `redraws` is true. */
  redrawn(): NodeJS.WritableStream;
  /** Asks a yes-or-no question on standard error; anything but `y` or `yes` is no. */
  confirm(question: string): boolean;
}

/** The terminal of this process. `color: false` wins over what the terminal can do. */
export function processTerminal(
  options: { readonly color: boolean },
): Terminal {
  const encoder = new TextEncoder();
  return {
    color: options.color && !Deno.noColor && Deno.stdout.isTerminal(),
    interactive: Deno.stdin.isTerminal() && Deno.stderr.isTerminal(),
    redraws: Deno.stdout.isTerminal(),
    out: (text) => writeAll(Deno.stdout, encoder.encode(`${text}\n`)),
    err: (text) => writeAll(Deno.stderr, encoder.encode(`${text}\n`)),
    redrawn: () => process.stdout,
    confirm: (question) => {
      writeAll(Deno.stderr, encoder.encode(`${question} [y/N] `));
      const buffer = new Uint8Array(1024);
      const length = Deno.stdin.readSync(buffer) ?? 0;
      return /^y(es)?$/i.test(
        new TextDecoder().decode(buffer.subarray(0, length)).trim(),
      );
    },
  };
}

function writeAll(
  stream: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  try {
    for (let at = 0; at < bytes.length;) {
      at += stream.writeSync(bytes.subarray(at));
    }
  } catch (error) {
    // `fluxline plan | head` closes the pipe early; that is the reader's choice and no failure.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
