// A step's process that shows its secret in every way: only for a test of what the runner lets through.
import { encodeMessage } from "../../lib/worker/protocol.ts";

const block = new Uint8Array(4096);
const count = await Deno.stdin.read(block) ?? 0;
const line = new TextDecoder().decode(block.subarray(0, count));
const secret = /"WEB_TOKEN":"([^"]+)"/.exec(line)?.[1] ?? "no secret came";
await Deno.stdout.write(new TextEncoder().encode(`plain ${secret}\n`));
await Deno.stderr.write(new TextEncoder().encode(`error ${secret}\n`));
const failure = {
  message: `failed with ${secret}`,
  hint: `url?x=${secret}`,
  exitCode: 4,
  isRetryable: false,
  stack: secret,
} as const;
const text = encodeMessage({ type: "failed", failure });
await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
Deno.exit(4);
