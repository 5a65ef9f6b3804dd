// `engine install` as a process: without and with pip, from mirrors, through broken networks, killed, and for GPUs.
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT_CODE } from "../../lib/error/exit_code.ts";
import {
  type Ended,
  finish,
  runCli,
  startCli,
  until,
} from "../cli/cli_process.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { type OutsideProgram, testWith } from "../support/outside_program.ts";
import {
  LIBRARIES,
  wheelBytes,
  wheelName,
  withIndex,
} from "./loopback_index.ts";

/** A folder of programs that has none: no Python, no pip. */
const NO_PROGRAMS = { PATH: "/nonexistent" };

const PIP: OutsideProgram = {
  name: "pip",
  how: "apt-get install python3-pip",
  probe: ["python3", "-m", "pip", "--version"],
};

/** pip with none of this machine's settings. */
const OWN_PIP = {
  PIP_CONFIG_FILE: "/dev/null",
  PIP_FIND_LINKS: "",
  PIP_NO_CACHE_DIR: "1",
};

/** Environment of a process whose libraries lie in `cache`. */
function environment(
  cache: string,
  more: Readonly<Record<string, string>> = NO_PROGRAMS,
): { env: Record<string, string> } {
  return { env: { FLUXLINE_CACHE: cache, ...more } };
}

/** Folders that a run would find a library in. */
function installed(cache: string): string[] {
  return [...Deno.readDirSync(join(cache, "tensorflow"))]
    .filter((entry) => entry.isDirectory && entry.name !== "downloads")
    .map((entry) => entry.name);
}

/** The wheel's libraries are none that start: all else about the command has gone well when it says so. */
function assertInstalled(ended: Ended, cache: string, folder: string): void {
  assert.equal(ended.code, EXIT_CODE.refused, ended.out + ended.err);
  assert.match(
    ended.err,
    /^error: TensorFlow 2\.21\.0 is installed but does not start: .*invalid ELF header/,
  );
  assert.deepEqual(installed(cache), [folder]);
  const path = join(cache, "tensorflow", folder);
  const files = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  assert.deepEqual(files, [...LIBRARIES, "library.json"].sort());
  const left = [...Deno.readDirSync(join(cache, "tensorflow"))];
  assert.ok(left.every(({ name }) => name !== "downloads"));
}

Deno.test("engine install without pip takes the wheel of the index that --index names, and shows its progress", async () => {
  await withIndex(
    await wheelBytes(),
    {},
    ({ url }) =>
      withTemporaryFolder(async (cache) => {
        const args = ["engine", "install", "--index", url];
        const ended = await runCli(args, environment(cache));
        assertInstalled(ended, cache, "2.21.0-cpu");
        assert.match(ended.out, /^fetching tensorflow_cpu-2\.21\.0-.*\.whl$/m);
        assert.match(ended.out, /^download: .* of /m);
        assert.match(ended.out, /^unpack: .* of /m);
      }),
  );
});

Deno.test("engine install honours PIP_INDEX_URL", async () => {
  await withIndex(
    await wheelBytes(),
    { html: true },
    ({ url }) =>
      withTemporaryFolder(async (cache) => {
        const env = environment(cache, { ...NO_PROGRAMS, PIP_INDEX_URL: url });
        const ended = await runCli(["engine", "install"], env);
        assertInstalled(ended, cache, "2.21.0-cpu");
      }),
  );
});

testWith(
  PIP,
  "engine install lets pip fetch the wheel where pip is there",
  async () => {
    await withIndex(
      await wheelBytes(),
      {},
      ({ url }) =>
        withTemporaryFolder(async (cache) => {
          const env = environment(cache, OWN_PIP);
          const args = ["engine", "install", "--index", url];
          const ended = await runCli(args, env);
          assertInstalled(ended, cache, "2.21.0-cpu");
          assert.doesNotMatch(ended.out, /^fetching|pip could not/m);
        }),
    );
  },
);

Deno.test("engine install --gpu takes the package for GPUs and unpacks it", async () => {
  const name = "tensorflow";
  await withIndex(
    await wheelBytes(false, name),
    { name },
    ({ url }) =>
      withTemporaryFolder(async (cache) => {
        const args = ["engine", "install", "--gpu", "--index", url];
        const ended = await runCli(args, environment(cache));
        assertInstalled(ended, cache, "2.21.0-gpu");
        assert.match(ended.out, /^fetching tensorflow-2\.21\.0-/m);
      }),
  );
});

Deno.test("engine install killed in the middle leaves no library, and goes on where it stopped", async () => {
  const wheel = await wheelBytes();
  await withIndex(
    wheel,
    { stalls: true },
    ({ url, ranges }) =>
      withTemporaryFolder(async (cache) => {
        const args = ["engine", "install", "--index", url];
        const child = startCli(args, environment(cache));
        const half = wheel.length >> 1;
        await until(() => partialSize(cache) === half, "half of the wheel");
        const second = await runCli(args, environment(cache));
        assert.equal(second.code, EXIT_CODE.locked);
        assert.match(second.err, /process \d+ .*is installing/);
        child.kill("SIGKILL");
        await finish(child);
        assert.deepEqual(installed(cache), []);
        const list = await runCli(["engine"], environment(cache));
        assert.match(list.out, /TensorFlow's library is not installed/);
        const ended = await runCli(args, environment(cache));
        assertInstalled(ended, cache, "2.21.0-cpu");
        assert.deepEqual(ranges, [`bytes=${half}-`]);
      }),
  );
});

function partialSize(cache: string): number | null {
  const downloads = join(cache, "tensorflow", "downloads");
  try {
    const part = [...Deno.readDirSync(downloads)]
      .find(({ name }) => name.endsWith(".part"));
    return part === undefined
      ? null
      : Deno.statSync(join(downloads, part.name)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

Deno.test("engine install whose connection is cut again and again says how to go on, and does", async () => {
  await withIndex(
    await wheelBytes(),
    { cuts: 4 },
    ({ url }) =>
      withTemporaryFolder(async (cache) => {
        const args = ["engine", "install", "--index", url];
        const cut = await runCli(args, environment(cache));
        assert.equal(cut.code, EXIT_CODE.refused);
        assert.match(cut.err, /^error: Cannot download "http:.*\.whl": /);
        assert.match(cut.err, /hint: Run the same command again: it goes on/);
        assert.deepEqual(installed(cache), []);
        const ended = await runCli(args, environment(cache));
        assertInstalled(ended, cache, "2.21.0-cpu");
      }),
  );
});

const REFUSALS = [
  {
    what: "another digest",
    index: { sha256: "0".repeat(64) },
    args: [],
    message: /its SHA-256 is [0-9a-f]{64}, the package index says 0{64}/,
  },
  {
    what: "a wheel that is gone",
    index: { isGone: true },
    args: [],
    message: /Cannot download ".*\.whl": the server answered 404/,
  },
  {
    what: "a package that the index lacks",
    index: {},
    args: ["--gpu"],
    message: /it has no package "tensorflow" \(404\)\nhint: .*--index/,
  },
  {
    what: "a version that the index lacks",
    index: {},
    args: ["--version", "2.20.0"],
    message: /Cannot find a wheel of tensorflow-cpu 2\.20\.0 for this machine/,
  },
  {
    what: "a version that is too old",
    index: {},
    args: ["--version", "2.8.0"],
    message: /Cannot install TensorFlow 2\.8\.0: wanted 2\.9 or newer/,
  },
];

for (const { what, index, args, message } of REFUSALS) {
  Deno.test(`engine install refuses ${what} and installs nothing`, async () => {
    await withIndex(
      await wheelBytes(),
      index,
      ({ url }) =>
        withTemporaryFolder(async (cache) => {
          Deno.mkdirSync(join(cache, "tensorflow"));
          const ended = await runCli(
            ["engine", "install", "--index", url, ...args],
            environment(cache),
          );
          assert.equal(ended.code, EXIT_CODE.refused, ended.out);
          assert.match(ended.err, message);
          assert.match(ended.err, /^hint: /m);
          assert.deepEqual(installed(cache), []);
        }),
    );
  });
}

Deno.test("engine install --from takes a wheel or the best of a folder, and refuses what does not fit", async () => {
  await withTemporaryFolder(async (folder) => {
    const wheels = join(folder, "wheels");
    Deno.mkdirSync(wheels);
    const cpu = join(wheels, wheelName("tensorflow_cpu"));
    Deno.writeFileSync(cpu, await wheelBytes());
    const from = (path: string, ...more: string[]) =>
      runCli(
        ["engine", "install", "--from", path, ...more],
        environment(join(folder, "cache")),
      );
    const wrongBuild = await from(cpu, "--gpu");
    assert.match(
      wrongBuild.err,
      /it is the CPU build, the GPU build is wanted/,
    );
    const none = await from(wheels, "--gpu");
    assert.match(none.err, /it holds no wheel of tensorflow for this machine/);
    const gone = await from(join(folder, "gone"));
    assert.match(gone.err, /there is no such file or folder/);
    const damaged = join(folder, wheelName("tensorflow_cpu"));
    Deno.writeFileSync(damaged, Deno.readFileSync(cpu).subarray(0, 3000));
    assert.match((await from(damaged)).err, /^error: Cannot unpack ".*": /);
    assert.deepEqual(installed(join(folder, "cache")), []);
    const ended = await from(wheels);
    assertInstalled(ended, join(folder, "cache"), "2.21.0-cpu");
    assert.ok(Deno.statSync(cpu).isFile, "the user's own wheel stays");
  });
});
