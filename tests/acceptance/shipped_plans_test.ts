// Every pipeline that fluxline ships, planned by the real command line as on a clean clone: with nothing but read access.
import assert from "node:assert/strict";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { runCli } from "../cli/cli_process.ts";

/** A file with a matrix has a plan per cell. */
interface ShippedMatrix {
  readonly pipeline: string;
  readonly cells: readonly { readonly plan: ShippedPlan }[];
}

interface ShippedPlan {
  readonly pipeline: string;
  readonly steps: readonly {
    readonly name: string;
    readonly task: string;
    readonly action: string;
    readonly permissions: Readonly<Record<string, unknown>>;
  }[];
}

Deno.test("plan --json without a file plans every shipped pipeline, and no step gets ffi, sys, run or the network", async () => {
  await withTemporaryFolder(async (runs) => {
    const { code, out, err } = await runCli(
      ["plan", "--json", "--runs", runs],
      { permissions: ["-R", "--no-prompt"] },
    );
    assert.deepEqual([code, err], [0, ""]);
    const files: (ShippedPlan | ShippedMatrix)[] = JSON.parse(out);
    assert.deepEqual(
      files.map(({ pipeline }) => pipeline).sort(),
      shippedPipelines(),
    );
    const plans = files.flatMap((file) =>
      "cells" in file ? file.cells.map(({ plan }) => plan) : [file]
    );
    assert.ok(plans.length > files.length, "no file has a matrix");
    for (const { pipeline, steps } of plans) {
      const [first, ...rest] = steps.map((step) => step.action);
      assert.equal(first, "run");
      assert.ok(rest.every((action) => action === "run" || action === "wait"));
      for (const { name, permissions } of steps) {
        const { ffi, sys, run, net } = permissions;
        const place = `${pipeline}, step ${name}`;
        assert.deepEqual({ ffi, sys, run, net }, NOTHING, place);
      }
    }
  });
});

const NOTHING = { ffi: [], sys: [], run: [], net: [] };

/** Every YAML file below `pipelines/` that has steps to train. */
function shippedPipelines(folder = "pipelines"): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return shippedPipelines(path);
    const isPipeline = path.endsWith(".yaml") &&
      /^training:/m.test(Deno.readTextFileSync(path));
    return isPipeline ? [path] : [];
  }).sort();
}
