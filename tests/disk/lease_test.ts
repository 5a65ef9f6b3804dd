import assert from "node:assert/strict";
import { join } from "node:path";
import { Lease } from "../../lib/disk/lease.ts";

const TIMING = { beatMs: 30, deadMs: 300 };

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(join(folder, "work"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function take(path: string, host: string, waitMs = 0): Promise<Lease> {
  const attempt = await Lease.acquire(path, TIMING, { waitMs, host });
  assert.ok(attempt.ok, `${host} did not get the lease`);
  return attempt.lease;
}

Deno.test("Lease.acquire() gives one host the lease, and the next one when it is let go", async () => {
  await inFolder(async (path) => {
    const first = await take(path, "a");
    const refused = await Lease.acquire(path, TIMING, { waitMs: 0, host: "b" });
    assert.equal(refused.ok, false);
    assert.equal(!refused.ok && refused.holder?.host, "a");
    const held = await Lease.inspect(path, TIMING);
    assert.equal(held.kind === "held" && held.holder?.host, "a");
    await first[Symbol.asyncDispose]();
    assert.deepEqual(await Lease.inspect(path, TIMING), { kind: "free" });
    await using _second = await take(path, "b");
  });
});

Deno.test("Lease.inspect() answers held while the holder rewrites its file, and free once it was left so", async () => {
  await inFolder(async (path) => {
    // As it is between the emptying and the writing.
    await Deno.writeTextFile(`${path}.lease-1`, "");
    assert.deepEqual(await Lease.inspect(path, TIMING), {
      kind: "held",
      holder: null,
    });
    const past = new Date(Date.now() - TIMING.deadMs * 3);
    await Deno.utime(`${path}.lease-1`, past, past);
    assert.deepEqual(await Lease.inspect(path, TIMING), { kind: "free" });
  });
});

Deno.test("Lease.acquire() takes over from a host that fell silent, and not from one that lives", async () => {
  await inFolder(async (path) => {
    const living = await take(path, "a");
    // Longer than a dead one may be silent, and it beats all the time.
    const tried = await Lease.acquire(path, TIMING, { waitMs: 700, host: "b" });
    assert.equal(tried.ok, false);
    await living[Symbol.asyncDispose]();
    await Deno.writeTextFile(
      `${path}.lease-2`,
      JSON.stringify({
        host: "gone",
        pid: 1,
        since: "2026-01-01T00:00:00.000Z",
        at: "2026-01-01T00:00:00.000Z",
        beat: 7,
        isReleased: false,
      }),
    );
    const start = performance.now();
    // Not waiting at all is no reason to believe a dead holder.
    await using _lease = await take(path, "b");
    assert.ok(performance.now() - start >= TIMING.deadMs);
  });
});

Deno.test("Lease.acquire() frees at once what a dead process of the same host left", async () => {
  await inFolder(async (path) => {
    const other = await take(path, "a");
    const start = performance.now();
    await using _lease = await take(path, "a");
    assert.ok(performance.now() - start < TIMING.deadMs);
    await other[Symbol.asyncDispose]();
  });
});

Deno.test("Lease tells its holder when somebody else has it", async () => {
  await inFolder(async (path) => {
    const lost = Promise.withResolvers<void>();
    const attempt = await Lease.acquire(path, TIMING, {
      waitMs: 0,
      host: "a",
      onLost: lost.resolve,
    });
    assert.ok(attempt.ok);
    await Deno.writeTextFile(`${path}.lease-9`, "{}");
    // The beats of a lease keep no process alive.
    const alive = setInterval(() => {}, 1000);
    await lost.promise;
    clearInterval(alive);
    await attempt.lease[Symbol.asyncDispose]();
    assert.equal(await Deno.readTextFile(`${path}.lease-9`), "{}");
  });
});

Deno.test("Lease.acquire() lets exactly one of many contenders in at a time", async () => {
  await inFolder(async (path) => {
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 8 }, async (_, at) => {
        await using _lease = await take(path, `host-${at}`, 20_000);
        inside++;
        most = Math.max(most, inside);
        await new Promise((resolve) => setTimeout(resolve, 15));
        inside--;
      }),
    );
    assert.equal(most, 1);
  });
});
