// A step's process that starts another one and, unless it is told to obey, stays at SIGTERM: only for a test of how steps are ended.
const block = new Uint8Array(4096);
const count = await Deno.stdin.read(block) ?? 0;
const obeys = new TextDecoder().decode(block.subarray(0, count))
  .includes('"obeys":true');
Deno.addSignalListener("SIGTERM", () => {
  if (obeys) Deno.exit(0);
});
const child = new Deno.Command("sh", {
  // It stays in any case.
  args: [
    "-c",
    'trap "" TERM; echo ready; for _ in $(seq 30); do sleep 1; done',
  ],
  stdin: "null",
  stdout: "piped",
  // With the step's own, the runner would wait for it.
  stderr: "null",
}).spawn();
await child.stdout.getReader().read();
await Deno.stdout.write(new TextEncoder().encode(`child ${child.pid}\n`));
await new Promise((resolve) => setTimeout(resolve, 60_000));
