// What a start makes of a TensorFlow library that cannot serve: `auto` goes on with the next engine, an engine asked for by name is
// refused. And of a GPU's build where there is no GPU.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import {
  ANY_ENGINE,
  type EngineWish,
} from "../../lib/engine_setup/engine_wish.ts";
import { RefusedError } from "../../lib/error/failure.ts";
import type { RunNotice } from "../../lib/runner/run_notice.ts";
import { StopControl } from "../../lib/runner/stop_control.ts";
import { planTrusted } from "../../lib/runner/trusted_plan.ts";
import { SmallProject, vaeStep } from "../acceptance/small_project.ts";
import { ROOT } from "../cli/cli_process.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import {
  cacheWithRecord,
  CLANG,
  compiledLibrary,
  hollowLibrary,
  OTHER_ARCH,
  versionSource,
} from "../support/broken_libraries.ts";
import { testWith } from "../support/outside_program.ts";
import { tensorflow, testOnTensorflow } from "../support/tensorflow_library.ts";

const MAIN_FILE = "libtensorflow_cc.so.2";
const DIES = "const char *TF_Version(void) { __builtin_trap(); }";
const OWN_ARCH = Deno.build.arch as Parameters<typeof hollowLibrary>[0];

/** Plans a run as `train` does, with the libraries of `cache`; answers the engine's notices and that of the plan. */
async function decided(cache: string, wish: Partial<EngineWish>) {
  const before = Deno.env.get("FLUXLINE_CACHE");
  Deno.env.set("FLUXLINE_CACHE", cache);
  try {
    const loaded = await loadPipeline(join(ROOT, "pipelines/quick.yaml"));
    assert.ok(loaded.ok);
    const notices: Extract<RunNotice, { kind: "engine" }>[] = [];
    const plan = await planTrusted(
      loaded.value,
      {
        runsDir: join(cache, "runs"),
        engine: { ...ANY_ENGINE, ...wish },
      },
      new StopControl(),
      (notice) => notice.kind === "engine" && notices.push(notice),
    );
    return { notices, engine: plan.engine };
  } finally {
    if (before === undefined) Deno.env.delete("FLUXLINE_CACHE");
    else Deno.env.set("FLUXLINE_CACHE", before);
  }
}

testWith(
  CLANG,
  "auto passes over a library that cannot serve with one notice, and --engine tensorflow refuses it",
  async () => {
    const table: [string | Uint8Array, RegExp][] = [
      [hollowLibrary(OTHER_ARCH), /it is a library for /],
      [hollowLibrary(OWN_ARCH), /Cannot open "/],
      [versionSource("1.15.0"), /TensorFlow 1\.15\.0 .*wanted 2\.9 or newer/],
      [versionSource("2.21.0"), /undefined symbol: /],
      [DIES, /its process was ended by SIG/],
    ];
    for (const [library, reason] of table) {
      await withTemporaryFolder(async (cache) => {
        const path = join(cacheWithRecord(cache), MAIN_FILE);
        if (typeof library === "string") await compiledLibrary(path, library);
        else await Deno.writeFile(path, library);
        const { notices, engine } = await decided(cache, {});
        assert.equal(engine.name, "wasm");
        assert.equal(notices.length, 1);
        const [notice] = notices;
        assert.match(
          notice!.reason,
          /^auto takes the first that works \(tenso/,
        );
        assert.match(notice!.reason, reason);
        await assert.rejects(
          decided(cache, { name: "tensorflow" }),
          (error) => {
            assert.ok(error instanceof RefusedError, `${error}`);
            assert.match(error.message, /^Cannot use engine "tensorflow": /);
            assert.match(error.message, reason);
            assert.match(error.hint ?? "", /engine install.*--engine wasm/);
            return true;
          },
        );
      });
    }
  },
);

testWith(
  CLANG,
  "train under auto runs to its end beside a library that kills its process",
  async () => {
    await using project = await SmallProject.open(vaeStep("vae"));
    const cache = project.path("cache");
    await compiledLibrary(join(cacheWithRecord(cache), MAIN_FILE), DIES);
    project.environment = { FLUXLINE_CACHE: cache };
    const { code, out, err } = await project.train();
    assert.deepEqual([code, err], [0, ""], out);
    assert.match(out, /^Engine: wasm: auto takes .*ended by SIG.*$/m);
    assert.equal(out.split("tensorflow").length - 1, 2, out);
  },
);

testOnTensorflow(
  "a build for GPUs computes on the CPU where there is no GPU, and --gpu refuses that",
  async () => {
    await withTemporaryFolder(async (cache) => {
      const folder = cacheWithRecord(cache, "gpu");
      const installed = dirname(tensorflow().library!.path);
      for (const name of [MAIN_FILE, "libtensorflow_framework.so.2"]) {
        await Deno.symlink(join(installed, name), join(folder, name));
      }
      const { engine, notices } = await decided(cache, { threads: 2 });
      assert.match(engine.numericClass, /^tensorflow-2\.[\d.]+-cpu-2t$/);
      assert.equal(engine.device, "cpu");
      assert.equal(notices.length, 1);
      for (const name of ["tensorflow", null] as const) {
        await assert.rejects(
          decided(cache, { name, device: "gpu" }),
          (error) => {
            assert.ok(error instanceof RefusedError, `${error}`);
            assert.match(
              error.message,
              /Cannot use a GPU with TensorFlow 2\.[\d.]+: it finds none/,
            );
            assert.match(error.hint ?? "", /driver.*or leave --gpu out/);
            return true;
          },
        );
      }
    });
  },
);
