import assert from "node:assert/strict";
import { join } from "node:path";
import {
  permissionFlags,
  resolvePermissions,
} from "../../lib/worker/permission_flags.ts";
import {
  isInside,
  type PermissionSubject,
  shownPath,
  stepPermissions,
} from "../../lib/worker/permissions.ts";

const NONE = { read: [], write: [], net: [], env: [] };
const ROOT = Deno.cwd();

function subject(changes: Partial<PermissionSubject> = {}): PermissionSubject {
  return {
    task: "train",
    folder: join(ROOT, "runs/store/vae-1"),
    lock: join(ROOT, "runs/store/vae-1.lock"),
    inputs: { emoji: join(ROOT, "runs/store/emoji-2") },
    datasets: {
      made: {
        imageFolder: join(ROOT, "runs/store/emoji-2/output/train"),
        captionsFile: join(ROOT, "runs/store/emoji-2/output/train.tsv"),
      },
      own: { imageFolder: "/data/icons", captionsFile: "/data/icons.tsv" },
    },
    engine: { name: "wasm", library: null },
    options: { permissions: NONE },
    output: { test_image_address: ["/data/test.png"] },
    ...changes,
  };
}

Deno.test("stepPermissions() grants a train step its own folder, inputs, data and the engine's file", () => {
  assert.deepEqual(stepPermissions(subject()), {
    read: [
      "runs/store/vae-1",
      "runs/store/vae-1.lock",
      "runs/store/emoji-2",
      "/data/icons",
      "/data/icons.tsv",
      "npm:@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
      "npm:@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm",
      "npm:@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm",
    ],
    write: ["runs/store/vae-1"],
    net: [],
    env: [],
    ffi: [],
    sys: [],
    run: [],
  });
});

Deno.test("stepPermissions() lets a step that draws reconstructions read the test pictures", () => {
  const options = { permissions: NONE, trains: ["compressor"] };
  const { read } = stepPermissions(subject({ options }));
  assert.ok(read.includes("/data/test.png"));
});

Deno.test("stepPermissions() adds what a script step declares, and its code", () => {
  const found = stepPermissions(subject({
    task: "script",
    datasets: {},
    inputs: {},
    options: {
      uses_path: join(ROOT, "pipelines/tasks/a.ts"),
      permissions: {
        read: ["/etc/hosts", "npm:left/pad.bin"],
        write: ["out"],
        net: ["example.org"],
        env: ["TOKEN"],
      },
    },
  }));
  assert.deepEqual(found.read, [
    "runs/store/vae-1",
    "runs/store/vae-1.lock",
    "/etc/hosts",
    "npm:left/pad.bin",
    "code:pipelines/tasks/a.ts",
  ]);
  assert.deepEqual(found.write, ["runs/store/vae-1", "out"]);
  assert.deepEqual([found.net, found.env], [["example.org"], ["TOKEN"]]);
  assert.deepEqual([found.ffi, found.sys, found.run], [[], [], []]);
});

Deno.test("resolvePermissions() finds code, its wasm files and package files on this machine", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/deep`);
  await Deno.writeTextFile(`${folder}/deep/a.wasm`, "");
  await Deno.writeTextFile(`${folder}/a.js`, "");
  const permissions = stepPermissions(subject({
    inputs: {},
    datasets: {},
    options: {
      uses_path: "/tasks/a.ts",
      permissions: { ...NONE, read: ["npm:@own/pad/x/pad.bin"] },
    },
  }));
  const found = await resolvePermissions(
    permissions,
    ROOT,
    () =>
      Promise.resolve({
        files: ["/tasks/a.ts", "/tasks/b.ts"],
        isLocal: false,
        packageFolders: [folder],
        installed: new Map([["@own/pad", "/cache/pad"]]),
      }),
  );
  await Deno.remove(folder, { recursive: true });
  assert.deepEqual(found.read, [
    join(ROOT, "runs/store/vae-1"),
    join(ROOT, "runs/store/vae-1.lock"),
    "/cache/pad/x/pad.bin",
    "/tasks/a.ts",
    "/tasks/b.ts",
    `${folder}/deep/a.wasm`,
  ]);
});

Deno.test("permissionFlags() names every limit and denies the runner's records", async () => {
  const resolved = await resolvePermissions(
    {
      ...stepPermissions(subject({ inputs: {}, datasets: {} })),
      read: ["/in"],
    },
    "/pkg",
  );
  assert.deepEqual(permissionFlags(resolved, "/own", "/pkg"), [
    "--config",
    "/pkg/deno.json",
    "--lock",
    "/pkg/deno.lock",
    "--no-prompt",
    "--cached-only",
    "--no-remote",
    "--frozen",
    "--ignore-env",
    "--allow-read=/in",
    `--allow-write=${join(ROOT, "runs/store/vae-1")}`,
    "--deny-write=/own/request.json,/own/complete.json,/own/attempts",
  ]);
});

Deno.test("permissionFlags() refuses a path that Deno would cut at its comma", async () => {
  const resolved = await resolvePermissions(
    {
      ...stepPermissions(subject({ inputs: {}, datasets: {} })),
      read: ["/a,b"],
    },
    "/pkg",
  );
  assert.throws(
    () => permissionFlags(resolved, "/own", "/pkg"),
    /Cannot grant "\/a,b" to a step/,
  );
});

Deno.test("isInside() tells a folder from a neighbour with the same beginning", () => {
  assert.ok(isInside("/a/b", "/a/b"));
  assert.ok(isInside("/a/b", "/a/b/c"));
  assert.ok(isInside("/a/b", "/a/b/..c"));
  assert.ok(!isInside("/a/b", "/a/bc"));
  assert.ok(!isInside("/a/b", "/a"));
});

Deno.test("shownPath() is relative inside the working directory", () => {
  assert.equal(shownPath(join(ROOT, "x/y")), "x/y");
  assert.equal(shownPath(ROOT), ".");
  assert.equal(shownPath("/elsewhere"), "/elsewhere");
  assert.equal(shownPath("npm:a/b"), "npm:a/b");
});
