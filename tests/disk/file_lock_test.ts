import assert from "node:assert/strict";
import { join } from "node:path";
import { FileLock } from "../../lib/disk/file_lock.ts";
import { describeHolder } from "../../lib/disk/lock_holder.ts";
import { withTemporaryFolder } from "./temporary_folder.ts";

function startHolder(path: string): Deno.ChildProcess {
  const module = new URL("../../lib/disk/file_lock.ts", import.meta.url).href;
  const script = `import { FileLock } from ${JSON.stringify(module)};
    const attempt = await FileLock.acquire(${JSON.stringify(path)});
    if (!attempt.ok) throw new Error("busy");
    console.log("held");
    await new Promise((resolve) => setTimeout(resolve, 60_000));`;
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", script],
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

async function untilHeld(child: Deno.ChildProcess): Promise<void> {
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
}

Deno.test("FileLock.acquire() refuses a second process, names the first, and is free after its SIGKILL", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, "deep", "run.lock");
    const child = startHolder(path);
    await untilHeld(child);
    const refused = await FileLock.acquire(path);
    assert.equal(refused.ok, false);
    assert.equal(!refused.ok && refused.holder?.pid, child.pid);
    const seen = await FileLock.inspect(path);
    assert.equal(seen.kind === "held" && seen.holder?.pid, child.pid);
    child.kill("SIGKILL");
    await child.status;
    assert.deepEqual(await FileLock.inspect(path), { kind: "free" });
    const taken = await FileLock.acquire(path);
    assert.ok(taken.ok);
    assert.equal(taken.lock.holder.pid, Deno.pid);
    await taken.lock[Symbol.asyncDispose]();
    assert.deepEqual(await FileLock.inspect(path), { kind: "free" });
  });
});

Deno.test("FileLock.acquire() waits, tells for whom once, and can be stopped", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, "run.lock");
    const first = await FileLock.acquire(path);
    assert.ok(first.ok);
    const told: (number | undefined)[] = [];
    const onWait = (holder: { readonly pid: number } | null) =>
      told.push(holder?.pid);
    const waiting = FileLock.acquire(path, { waitMs: 5000, onWait });
    setTimeout(() => first.lock[Symbol.asyncDispose](), 200);
    const second = await waiting;
    assert.ok(second.ok);
    assert.deepEqual(told, [Deno.pid]);
    const stop = new AbortController();
    const third = FileLock.acquire(path, { waitMs: 5000, signal: stop.signal });
    setTimeout(() => stop.abort(new Error("stopped")), 100);
    await assert.rejects(third, { message: "stopped" });
    await second.lock[Symbol.asyncDispose]();
  });
});

Deno.test("FileLock.refuseHollow() refuses a file system that grants one lock to everybody, and no other", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, "run.lock");
    const attempt = await FileLock.acquire(path);
    assert.ok(attempt.ok);
    await using held = attempt.lock;
    await held.refuseHollow();
    const { tryLock } = Deno.FsFile.prototype;
    Deno.FsFile.prototype.tryLock = () => Promise.resolve(true);
    try {
      await assert.rejects(held.refuseHollow(), {
        name: "RefusedError",
        message: `Cannot lock "${path}": this file system has no working locks`,
      });
    } finally {
      Deno.FsFile.prototype.tryLock = tryLock;
    }
  });
});

Deno.test("FileLock.inspect() creates nothing and answers free where there is no file", async () => {
  await withTemporaryFolder(async (folder) => {
    assert.deepEqual(await FileLock.inspect(join(folder, "none.lock")), {
      kind: "free",
    });
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("describeHolder() names process, host and start, and admits what it does not know", () => {
  const since = "2026-01-02T03:04:05.000Z";
  assert.equal(
    describeHolder({ host: "vm", bootId: null, pid: 7, since }),
    `process 7 on host "vm" since ${since}`,
  );
  assert.equal(
    describeHolder({ host: null, bootId: null, pid: 7, since }),
    `process 7 since ${since}`,
  );
  assert.equal(describeHolder(null), "another process");
});
