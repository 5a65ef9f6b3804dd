// `engine list` and `engine doctor`: what is there, what auto takes, what would help; and the refusals of each engine.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { EXIT_CODE } from "../../lib/error/exit_code.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import {
  cacheWithRecord,
  hollowLibrary,
  OTHER_ARCH,
} from "../support/broken_libraries.ts";
import { tensorflow, testOnTensorflow } from "../support/tensorflow_library.ts";
import { runCli } from "./cli_process.ts";

/** A cache folder whose library is `content`. */
function cacheWith(folder: string, content: Uint8Array) {
  const path = cacheWithRecord(folder);
  Deno.writeFileSync(join(path, "libtensorflow_cc.so.2"), content);
  return { env: { FLUXLINE_CACHE: folder } };
}

/** Environment of a process that finds the library of this machine's user. */
function withLibrary(): { env: Record<string, string> } {
  const { path } = tensorflow().library!;
  return { env: { FLUXLINE_CACHE: dirname(dirname(dirname(path))) } };
}

Deno.test("engine list without a library says that auto takes wasm, and how to have more", async () => {
  const { code, out } = await runCli(["engine", "list"]);
  assert.equal(code, EXIT_CODE.done);
  assert.match(
    out,
    /^tensorflow +not available +TensorFlow's library is not installed$/m,
  );
  assert.match(out, /^webgpu +by its name +/m);
  assert.match(out, /^wasm +available +embedded/m);
  assert.match(out, /^auto takes wasm: /m);
  assert.match(out, /^for tensorflow: Run `deno task engine install`/m);
  const data = JSON.parse((await runCli(["engine", "--json"])).out);
  assert.equal(data.auto, "wasm");
  assert.deepEqual(
    data.engines.map(({ name, state }: Record<string, string>) => [
      name,
      state,
    ]),
    [
      ["tensorflow", "not available"],
      ["webgpu", "by its name"],
      ["wasm", "available"],
    ],
  );
});

testOnTensorflow("engine list names the library that auto takes", async () => {
  const { out } = await runCli(["engine", "list"], withLibrary());
  assert.match(
    out,
    /^tensorflow +available +TensorFlow 2\..* native code in "/m,
  );
  assert.match(out, /^auto takes tensorflow: /m);
});

/** `engine doctor` on one engine, as data. */
async function doctor(
  name: string,
  environment: { env?: Record<string, string> } = {},
) {
  const args = ["engine", "doctor", "--engine", name, "--json"];
  const { code, out, err } = await runCli(args, environment);
  const { machine, engines } = JSON.parse(out);
  assert.deepEqual(engines.map((one: { name: string }) => one.name), [name]);
  return { code, err, machine, finding: engines[0] };
}

Deno.test("engine doctor trains on wasm and prints versions and times", async () => {
  const { code, machine, finding } = await doctor("wasm");
  assert.equal(code, EXIT_CODE.done);
  assert.equal(machine.deno, Deno.version.deno);
  assert.equal(finding.state, "works");
  const { startMs, firstStepMs, stepMs, loss } = finding.report;
  for (const figure of [startMs, firstStepMs, stepMs, loss]) {
    assert.ok(figure > 0);
  }
});

Deno.test("engine doctor names the fix for what is missing", async () => {
  const { code, finding } = await doctor("tensorflow");
  assert.equal(code, EXIT_CODE.refused);
  assert.equal(finding.state, "missing");
  assert.match(finding.reason, /TensorFlow's library is not installed/);
  assert.match(finding.hint, /engine install/);
});

testOnTensorflow(
  "engine doctor trains on TensorFlow to the loss that wasm has, and its library's chatter stays out of sight",
  async () => {
    const native = await doctor("tensorflow", withLibrary());
    assert.deepEqual([native.code, native.err], [EXIT_CODE.done, ""]);
    const { numericClass, loss } = native.finding.report;
    assert.match(numericClass, /^tensorflow-2\..*-cpu-\d+t$/);
    const off = loss / (await doctor("wasm")).finding.report.loss - 1;
    assert.ok(Math.abs(off) < 1e-4, `losses differ by ${off}`);
  },
);

Deno.test("engine doctor refuses a name that is no engine", async () => {
  const { code, err } = await runCli(["engine", "doctor", "--engine", "torch"]);
  assert.equal(code, EXIT_CODE.usage);
  assert.match(err, /Cannot use engine "torch"/);
});

Deno.test("a library of another machine is refused by its name, and auto passes over it", async () => {
  await withTemporaryFolder(async (folder) => {
    const env = cacheWith(join(folder, "cache"), hollowLibrary(OTHER_ARCH));
    const plan = await runCli(
      ["plan", "pipelines/quick.yaml", "--engine", "tensorflow"],
      env,
    );
    assert.equal(plan.code, EXIT_CODE.refused);
    assert.match(
      plan.err,
      /Cannot use engine "tensorflow": ".*": it is a library for/,
    );
    assert.match(plan.err, /^hint: Run `deno task engine install`/m);
    const list = await runCli(["engine"], env);
    assert.match(list.out, /^auto takes wasm/m);
    const { finding } = await doctor("tensorflow", env);
    assert.equal(finding.state, "missing");
    assert.match(finding.reason, /it is a library for/);
  });
});

Deno.test("an engine that is not there is refused with the way out, for a CPU and for a GPU", async () => {
  const plan = (...args: string[]) =>
    runCli(["plan", "pipelines/quick.yaml", ...args]);
  const cpu = await plan("--engine", "tensorflow");
  assert.equal(cpu.code, EXIT_CODE.refused);
  assert.match(cpu.err, /TensorFlow's library is not installed/);
  assert.match(cpu.err, /^hint: .*engine install`, or use --engine wasm/m);
  const gpu = await plan("--engine", "tensorflow", "--gpu");
  assert.equal(gpu.code, EXIT_CODE.refused);
  assert.match(gpu.err, /TensorFlow's GPU build is not installed/);
  assert.match(gpu.err, /^hint: .*engine install --gpu`/m);
});
