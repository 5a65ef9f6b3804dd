// Installing from a package index on loopback: digests, cut connections, missing packages, wheels of other machines.
import assert from "node:assert/strict";
import { join } from "node:path";
import { downloadWheel } from "../../lib/engine_setup/wheel_download.ts";
import { offeredWheels } from "../../lib/engine_setup/package_index.ts";
import { unpackLibraries } from "../../lib/engine_setup/wheel_unpack.ts";
import {
  bestWheel,
  parseWheelName,
} from "../../lib/engine_setup/wheel_name.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { LIBRARIES, wheelBytes, withIndex } from "./loopback_index.ts";

const NAME =
  `tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_${Deno.build.arch}.whl`;

async function offered(index: string) {
  const wheels = await offeredWheels(index, "tensorflow-cpu");
  return bestWheel(wheels, { build: "cpu", version: null })!;
}

for (const html of [false, true]) {
  Deno.test(`a wheel of an index in ${html ? "HTML" : "JSON"} is fetched, checked and unpacked`, async () => {
    const wheel = await wheelBytes();
    await withIndex(
      wheel,
      { html },
      ({ url }) =>
        withTemporaryFolder(async (folder) => {
          const path = await downloadWheel(
            await offered(url),
            folder,
            () => {},
          );
          assert.deepEqual(await Deno.readFile(path), wheel);
          const target = join(folder, "unpacked");
          await Deno.mkdir(target);
          const files = await unpackLibraries(path, target, () => {});
          assert.deepEqual(files.map(({ name }) => name), LIBRARIES);
          for (const { name, bytes } of files) {
            const { size } = await Deno.stat(join(target, name));
            assert.equal(size, bytes);
          }
        }),
    );
  });
}

Deno.test("a cut download goes on where it stopped", async () => {
  const wheel = await wheelBytes();
  await withIndex(
    wheel,
    { cuts: 1 },
    ({ url, ranges }) =>
      withTemporaryFolder(async (folder) => {
        const path = await downloadWheel(await offered(url), folder, () => {});
        assert.deepEqual(await Deno.readFile(path), wheel);
        assert.deepEqual(ranges, [`bytes=${wheel.length >> 1}-`]);
      }),
  );
});

Deno.test("content with another digest is refused and leaves nothing", async () => {
  const wheel = await wheelBytes();
  await withIndex(
    wheel,
    { sha256: "0".repeat(64) },
    ({ url }) =>
      withTemporaryFolder(async (folder) => {
        await assert.rejects(
          downloadWheel(await offered(url), folder, () => {}),
          {
            name: "RefusedError",
            message:
              /its SHA-256 is [0-9a-f]{64}, the package index says 0{64}/,
          },
        );
        assert.deepEqual([...Deno.readDirSync(folder)], []);
      }),
  );
});

Deno.test("a package that the index lacks is named, with the way out", async () => {
  await withIndex(await wheelBytes(), {}, async ({ url }) => {
    await assert.rejects(offeredWheels(url, "tensorflow"), {
      name: "RefusedError",
      message: /it has no package "tensorflow" \(404\)/,
      hint: /--index/,
    });
  });
});

Deno.test("a wheel whose library differs from its RECORD is refused", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, NAME);
    await Deno.writeFile(path, await wheelBytes(true));
    await assert.rejects(unpackLibraries(path, folder, () => {}), {
      name: "RefusedError",
      message: /the wheel's RECORD says/,
    });
  });
});

Deno.test("bestWheel() takes the newest release for this machine, of the wanted build", () => {
  const names = [
    NAME,
    NAME.replace("2.21.0", "2.9.1"),
    NAME.replace("2.21.0", "2.22.0rc1"),
    NAME.replaceAll("cp311", "cp313"),
    NAME.replace(Deno.build.arch, "s390x").replace("2.21.0", "3.0.0"),
    NAME.replace("tensorflow_cpu", "tensorflow").replace("2.21.0", "2.20.0"),
  ];
  const found = names.map((name) => ({ wheel: parseWheelName(name)! }));
  const best = (build: "cpu" | "gpu", version: string | null) =>
    bestWheel(found, { build, version })?.wheel.file ?? null;
  assert.equal(best("cpu", null), names[3]);
  assert.equal(best("cpu", "2.9.1"), names[1]);
  assert.equal(best("cpu", "2.22.0rc1"), names[2]);
  assert.equal(best("gpu", null), names[5]);
  assert.equal(best("gpu", "2.21.0"), null);
});
