// Members of tar archives of every kind, and archives that cannot be read.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { pack } from "tar-stream";
import { joinedBytes } from "../../lib/format/joined_bytes.ts";
import { TarFailure, tarMembers } from "../../lib/format/tar_members.ts";
import { tarOf } from "../shards/made_shard.ts";

const LONG = `${"folder/".repeat(30)}${"x".repeat(80)}.png`;

async function withFile(
  bytes: Uint8Array,
  act: (path: string) => Promise<void>,
): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "a.tar");
    Deno.writeFileSync(path, bytes);
    await act(path);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

async function reasonOf(bytes: Uint8Array): Promise<string> {
  let reason = "";
  await withFile(bytes, async (path) => {
    try {
      await Array.fromAsync(tarMembers(path, () => 0));
    } catch (error) {
      assert.ok(error instanceof TarFailure, String(error));
      reason = error.reason;
    }
  });
  return reason;
}

Deno.test("tarMembers() tells where each file's bytes lie, long names included", async () => {
  const big = new Uint8Array(700_000).map((_, at) => at);
  const bytes = await tarOf([["a.txt", "hello"], [LONG, big], ["b", ""]]);
  await withFile(bytes, async (path) => {
    const found = await Array.fromAsync(tarMembers(path, () => 4));
    assert.deepEqual(
      found.map(({ name, sizeBytes, start }) => [
        name,
        sizeBytes,
        start.length,
      ]),
      [["a.txt", 5, 4], [LONG, 700_000, 4], ["b", 0, 0]],
    );
    for (const { offset, sizeBytes, name } of found) {
      const content = bytes.subarray(offset, offset + sizeBytes);
      const wanted = name === LONG
        ? big
        : new TextEncoder().encode(name === "b" ? "" : "hello");
      assert.deepEqual(content, wanted, name);
    }
  });
});

Deno.test("tarMembers() takes names that lead outside for names, follows no link, and puts nothing on the disk", async () => {
  const archive = pack();
  archive.entry({ name: "../../outside.txt" }, "up");
  archive.entry({ name: "/tmp/absolute.txt" }, "root");
  const link = { linkname: "/etc/passwd", size: 0 };
  archive.entry({ name: "a.png", type: "symlink", ...link });
  archive.entry({ name: "b.png", type: "link", ...link });
  archive.entry({ name: "c", type: "directory" });
  archive.finalize();
  const bytes = joinedBytes(
    await Array.fromAsync(archive as AsyncIterable<Uint8Array>),
  );
  await withFile(bytes, async (path) => {
    const found = await Array.fromAsync(tarMembers(path, () => 9));
    assert.deepEqual(
      found.map(({ name, start }) => [name, new TextDecoder().decode(start)]),
      [["../../outside.txt", "up"], ["/tmp/absolute.txt", "root"]],
    );
    const entries = [...Deno.readDirSync(dirname(path))];
    assert.deepEqual(entries.map(({ name }) => name), ["a.tar"]);
  });
});

Deno.test("tarMembers() says why an archive cannot be read", async () => {
  const whole = await tarOf([["a.txt", "hello"], ["b.txt", "x".repeat(2000)]]);
  const packed = new Uint8Array(1024);
  packed.set([0x1f, 0x8b]);
  assert.match(await reasonOf(packed), /it is compressed/);
  assert.match(await reasonOf(new Uint8Array()), /it is empty/);
  assert.match(await reasonOf(whole.subarray(0, 3000)), /no whole number/);
  assert.match(await reasonOf(whole.subarray(0, 2048)), /it has no end/);
  const text = new Uint8Array(1024).fill(97, 0, 512);
  assert.match(await reasonOf(text), /it is no tar archive/);
  const damaged = whole.slice();
  damaged[1024]! ^= 1;
  assert.match(await reasonOf(damaged), /behind the start of "a\.txt"/);
});

Deno.test("tarMembers() ends with the error of a read that fails in the middle", async () => {
  const big = new Uint8Array(700_000).fill(1);
  const bytes = await tarOf([["a.txt", "hello"], ["big", big]]);
  const { read } = Deno.FsFile.prototype;
  let blocks = 0;
  Deno.FsFile.prototype.read = function (block) {
    // The checks of the archive's ends read no more than 512 bytes.
    if (block.length > 512 && ++blocks === 2) {
      return Promise.reject(new Error("Input/output error (os error 5)"));
    }
    return read.call(this, block);
  };
  try {
    await withFile(bytes, async (path) => {
      await assert.rejects(
        Array.fromAsync(tarMembers(path, () => 0)),
        /os error 5/,
      );
    });
  } finally {
    Deno.FsFile.prototype.read = read;
  }
  assert.equal(blocks, 2);
});
