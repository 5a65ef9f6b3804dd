// What a plan tells where the data of several steps are broken: all of it, with places.
import assert from "node:assert/strict";
import { join } from "node:path";
import { Failure } from "../../lib/error/failure.ts";
import { planPipeline } from "../../lib/plan/plan.ts";
import { pictureBytes } from "../data/picture_folder.ts";
import { writeFiles } from "../store/stored_step.ts";
import {
  builtPipeline,
  dataset,
  scriptStep,
  trainStep,
} from "./built_pipeline.ts";
import { withProject } from "./stored_plan.ts";

async function refusalOf(plan: Promise<unknown>): Promise<Failure> {
  try {
    await plan;
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return error;
  }
  assert.fail("it was planned");
}

Deno.test("planPipeline() tells the broken data of every step at once, each fault once and with its place", async () => {
  await withProject(async (folder, runsDir) => {
    await writeFiles(folder, {
      "lines/images/a.png": pictureBytes(0),
      "lines/captions.tsv": "a.png\tone\nb.png two\n\nc.png\tthree\n",
      "pictures/images/a.png": pictureBytes(0),
      "pictures/captions.tsv": "z.png\tone\na.png\ttwo\nb.png\tthree\n",
    });
    const lines = dataset({ folder: join(folder, "lines") });
    const pictures = dataset({ folder: join(folder, "pictures") });
    const pipeline = builtPipeline(
      [
        trainStep("first", { dataset: "lines" }),
        trainStep("again", { dataset: "lines", needs: ["first"] }),
        trainStep("later", {
          ...{ dataset: "made", eval_dataset: "pictures" },
          needs: ["again", "make"],
        }),
        scriptStep("make", join(folder, "task.ts")),
        scriptStep("gone", join(folder, "gone.ts"), { needs: ["later"] }),
      ],
      { lines, pictures, made: dataset({ from: "make" }) },
    );
    const failure = await refusalOf(planPipeline(pipeline, { runsDir }));
    assert.equal(failure.exitCode, 3);
    const told = failure.message.split("\n");
    assert.deepEqual(told.slice(0, 2), [
      `Cannot read dataset "lines": ${
        join(folder, "lines/captions.tsv")
      }:2 has 0 tabs, wanted one; ${
        join(folder, "lines/captions.tsv")
      }:3 is blank`,
      `Cannot read dataset "pictures": ${
        join(folder, "pictures/captions.tsv")
      }:1 names picture "z.png"; ${
        join(folder, "pictures/captions.tsv")
      }:3 names picture "b.png": none of them is in "${
        join(folder, "pictures/images")
      }"`,
    ]);
    assert.match(told[2]!, /gone\.ts/);
    assert.equal(told.length, 3, failure.message);
  });
});

Deno.test("planPipeline() refuses one broken dataset as before, with its hint", async () => {
  await withProject(async (folder, runsDir) => {
    await writeFiles(folder, {
      "images/a.png": pictureBytes(0),
      "captions.tsv": "a.png\tone\nb.png\ttwo\n",
    });
    const pipeline = builtPipeline([
      trainStep("first"),
      trainStep("next", { needs: ["first"] }),
    ], { icons: dataset({ folder }) });
    const failure = await refusalOf(planPipeline(pipeline, { runsDir }));
    assert.equal(failure.name, "RefusedError");
    assert.equal(failure.hint, "Add the picture, or remove the line");
  });
});
