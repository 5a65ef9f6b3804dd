/// <reference lib="deno.worker" />
// A thread beside a fuzz run: it ends the process where one input takes more than a minute, which that thread cannot tell itself.

const MOST_MS = 60_000;

let cases: Int32Array | null = null;
let reader = "";

self.onmessage = ({ data }: MessageEvent<Int32Array | string>) => {
  if (typeof data === "string") reader = data;
  else cases = data;
};

let seen = -1;
let seenAt = performance.now();
setInterval(() => {
  const now = cases === null ? -1 : Atomics.load(cases, 0);
  if (now !== seen) {
    seen = now;
    seenAt = performance.now();
  } else if (performance.now() - seenAt > MOST_MS) {
    console.error(`FAILED ${reader}: input ${seen} of the run never ends`);
    Deno.exit(1);
  }
}, 1000);
