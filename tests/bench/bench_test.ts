import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TORCH } from "../pytorch/python.ts";
import { testWith } from "../support/outside_program.ts";
import type { StepLane } from "./races.ts";

const MAIN = fileURLToPath(new URL("bench_main.ts", import.meta.url));

async function bench(
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", MAIN, ...args],
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  ) as [string, string];
  return { code, out, err };
}

testWith(
  TORCH,
  "bench trains the same weights on the same batch as PyTorch and says how long both take",
  async () => {
    const { code, out, err } = await bench(
      ...["--json", "--profile", "--only", "flow"],
      ...["--repeats", "2", "--threads", "1", "--engine", "wasm"],
    );
    assert.equal(code, 0, err);
    const lanes: StepLane[] = JSON.parse(out).flow;
    const [ours, torch] = lanes as [StepLane, StepLane];
    assert.deepEqual(lanes.map(({ title }) => title), ["wasm", "PyTorch"]);
    assert.equal(ours.parameters, torch.parameters);
    assert.ok(Math.abs(ours.firstLoss - torch.firstLoss) < 1e-3);
    for (const { ms, peakBytes, startMs, threads } of lanes) {
      assert.equal(ms.length, 2);
      assert.ok(Math.min(...ms, peakBytes, startMs) > 0);
      assert.equal(threads, 1);
    }
    const { ms, kernels } = ours.profile!;
    const inside = kernels.reduce((sum, kernel) => sum + kernel.ms, 0);
    assert.ok(inside > 0 && inside < ms, `${inside} of ${ms}`);
    assert.ok(kernels.some(({ kernel }) => kernel === "BatchMatMul"));
  },
);

Deno.test("bench refuses what it does not know", async () => {
  const { code, err } = await bench("--only", "everything");
  assert.equal(code, 2);
  assert.match(err, /Usage: deno task bench/);
});
