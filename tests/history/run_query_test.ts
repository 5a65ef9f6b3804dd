import assert from "node:assert/strict";
import { join } from "node:path";
import { listedRuns } from "../../lib/history/listed_run.ts";
import { askIndex } from "../../lib/history/run_index.ts";
import { prepareQuery, type RunQuery } from "../../lib/history/run_query.ts";
import { storeLayout } from "../../lib/store/store_layout.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { syntheticName, writeSyntheticRuns } from "./synthetic_runs.ts";

/** Numbers of the runs that a query selects. */
async function selected(
  runs: string,
  query: Partial<RunQuery>,
): Promise<number[]> {
  const whole = { where: [], sort: [], columns: [], ...query };
  const { value } = await askIndex(
    runs,
    { isKept: false },
    (index) => ({ ...prepareQuery(whole, index), runs: index.runs }),
  );
  const listed = await listedRuns(runs, value.runs);
  return value.select(listed).map(({ run }) => Number(run.slice(4)));
}

Deno.test("prepareQuery() filters by metrics, options and what every run has, and sorts runs without a value last", async () => {
  await withTemporaryFolder(async (runs) => {
    writeSyntheticRuns(runs, 9);
    const table: readonly (readonly [Partial<RunQuery>, readonly number[]])[] =
      [
        [{ where: ["psnr>=10.07"] }, [7, 8]],
        [{ where: ["judge.psnr < 10.02"] }, [0, 1]],
        [{ where: ["recon_l1<0.2", "psnr<10.06"] }, [5]],
        [{ where: ["seed=1"] }, [1, 8]],
        [{ where: ["seed!=1"], sort: ["-seed"] }, [6, 5, 4, 3, 2, 0, 7]],
        [{ where: ["flow.option_1>0.00006"] }, [7, 8]],
        [{ where: ["name~00004"] }, [4]],
        [{ where: ['state="done"', "updated>=2026-01-01T00:07"] }, [7, 8]],
        [{ where: ["time>5min"], sort: ["-recon_l1"] }, [
          ...[0, 1, 2, 3, 4, 5, 6, 7, 8],
        ]],
        [{ where: ["time<1h", "time>2h"] }, []],
        [{ where: ["pipeline<3"] }, []],
      ];
    for (const [query, numbers] of table) {
      assert.deepEqual(
        await selected(runs, query),
        numbers,
        String(query.where),
      );
    }
    const judge = `judge-${(3 * 16 + 2).toString(16).padStart(16, "0")}`;
    await Deno.remove(join(storeLayout(runs).store, judge), {
      recursive: true,
    });
    assert.equal((await selected(runs, { sort: ["psnr"] })).at(-1), 3);
    assert.equal((await selected(runs, { sort: ["-psnr"] })).at(-1), 3);
  });
});

Deno.test("prepareQuery() names what is near a metric that no run has, and refuses what it cannot read or tell apart", async () => {
  await withTemporaryFolder(async (runs) => {
    writeSyntheticRuns(runs, 3);
    const refused = async (query: Partial<RunQuery>, message: RegExp) => {
      await assert.rejects(selected(runs, query), {
        name: "UsageError",
        message,
      });
    };
    await refused(
      { where: ["psnrr>3"] },
      /^Cannot filter runs by "psnrr": no run has a metric or an option of that name, did you mean "psnr"\?$/,
    );
    await refused({ sort: ["-lss"] }, /Cannot sort runs by "lss".* "loss"\?$/);
    await refused({ columns: ["stte"] }, /Cannot show "stte".* "state"\?$/);
    await refused({ where: ["psnr"] }, /Cannot read --where "psnr": wanted/);
    await refused({ where: ["time>2"] }, /wanted a length of time such as 90s/);
    await refused({ sort: ["-"] }, /Cannot sort runs by "-"/);
    // Both steps have an option_0 and an option_1 under one name, with other values.
    const path = join(runs, syntheticName(0), "resolved.json");
    const { seal: _seal, ...record } = JSON.parse(
      await Deno.readTextFile(path),
    );
    const { seal } = await import("../../lib/disk/sealed_record.ts");
    record.values.push({
      path: "other.option_1",
      value: -1,
      origin: "default",
    });
    await Deno.writeTextFile(path, JSON.stringify(seal(record)));
    await refused(
      { where: ["option_1>0"] },
      /"other\.option_1" and "training\.pipeline\.steps\.flow\.option_1" differ in one run/,
    );
    assert.deepEqual(await selected(runs, { where: ["flow.option_1>0"] }), [
      ...[1, 2],
    ]);
  });
});
