// Keeps TensorFlow's start-up chatter off standard error: file descriptor 2 leads to memory for the time of a call.
import { cText } from "./native_text.ts";
import type { Calls } from "./symbols.ts";

const STANDARD_ERROR = 2;
const MOST_BYTES = 64 * 1024;
/** Notes of level I, their continuation lines, and the logger's remark on itself. */
const CHATTER = /^(I\d{4} |WARNING: All log messages|To enable the following)/;

/** Runs `start` and answers its result with what TensorFlow had to complain about meanwhile, in one line. */
export function withCapturedErrors<T>(
  calls: Calls,
  start: () => T,
): { readonly result: T; readonly messages: string } {
  const memory = calls.memfd_create(cText("tensorflow"), 0);
  const saved = calls.dup(STANDARD_ERROR);
  const isCaptured = memory >= 0 && saved >= 0;
  if (isCaptured) calls.dup2(memory, STANDARD_ERROR);
  try {
    const result = start();
    return { result, messages: isCaptured ? readAll(calls, memory) : "" };
  } finally {
    if (isCaptured) calls.dup2(saved, STANDARD_ERROR);
    if (saved >= 0) calls.close(saved);
    if (memory >= 0) calls.close(memory);
  }
}

function readAll(calls: Calls, memory: number): string {
  const bytes = new Uint8Array(MOST_BYTES);
  const read = Number(calls.pread(memory, bytes, BigInt(bytes.length), 0n));
  const lines = new TextDecoder().decode(bytes.subarray(0, Math.max(0, read)))
    .split("\n")
    .filter((line) => line.trim() !== "" && !CHATTER.test(line))
    // "E0000 00:00:1795492322.350191   15767 cuda_executor.cc:1228] text"
    .map((line) => line.replace(/^[WEF]\d{4} \S+\s+\d+ \S+\] /, "").trim());
  return [...new Set(lines)].join("; ");
}
