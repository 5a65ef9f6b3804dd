import assert from "node:assert/strict";
import { join } from "node:path";
import type { CellResult } from "../../lib/matrix/cell_results.ts";
import { seedVerdicts } from "../../lib/matrix/seed_verdict.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

const COMPARISONS = [{
  ...{ step: "compare", metric: "recon_l1" },
  arms: ["on", "off"] as const,
}];

/** A finished cell whose compare step measured these differences. */
function cellOf(
  folder: string,
  seed: number,
  lr: string,
  differences: readonly number[] | null,
): CellResult {
  const own = join(folder, `${lr}-${seed}`);
  if (differences !== null) {
    Deno.mkdirSync(join(own, "output"), { recursive: true });
    const images = differences.map((difference, index) => ({
      name: `${index}.png`,
      treatment: { recon_l1: 0.5 + difference },
      control: { recon_l1: 0.5 },
    }));
    Deno.writeTextFileSync(
      join(own, "output", "compare.json"),
      JSON.stringify({ images }),
    );
  }
  return {
    cell: {
      run: `p.lr-${lr}.batch-2.seed-${seed}`,
      label: `lr-${lr}.batch-2.seed-${seed}`,
      // In the order in which a record keeps them.
      values: { batch: 2, lr },
      ...{ shown: { batch: "2", lr }, seed, round: null, digest: "" },
    },
    state: differences === null ? "waiting" : "done",
    metrics: {},
    folders: differences === null ? {} : { compare: own },
  };
}

Deno.test("seedVerdicts() judges each combination over its finished seeds, and none with fewer than two", async () => {
  await withTemporaryFolder(async (folder) => {
    const found = await seedVerdicts({ comparisons: COMPARISONS }, [
      cellOf(folder, 1, "1", [-0.1, -0.11]),
      cellOf(folder, 2, "1", [-0.12, -0.1]),
      cellOf(folder, 3, "1", [-0.1, -0.1]),
      cellOf(folder, 4, "1", null),
      cellOf(folder, 1, "2", [0.3, 0.3]),
      cellOf(folder, 1, "3", [-0.3, 0.1]),
      cellOf(folder, 2, "3", [0.2, -0.2]),
    ]);
    assert.deepEqual(
      found.map(({ label, outcome, images }) => [label, outcome, images]),
      [["lr-1.batch-2", "better", 2], [
        "lr-3.batch-2",
        "no_difference_shown",
        2,
      ]],
    );
    assert.deepEqual(
      found[0]?.perSeed.map(({ seed }) => seed),
      [1, 2, 3],
    );
    assert.match(
      found[0]?.sentence ?? "",
      /^"on" is better than "off" in recon_l1, where lower is better: -0\.105, .* over 2 images, 3 seeds$/,
    );
  });
});
