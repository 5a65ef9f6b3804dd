// Pictures of another size than `data.img_size`: a step may read the resizer's file too, and nothing has to be declared.
import assert from "node:assert/strict";
import { SmallProject, vaeStep } from "./small_project.ts";

Deno.test("pictures are brought to data.img_size inside a step's permissions", async () => {
  await using project = await SmallProject.open(vaeStep("small"));
  const { code, out, err } = await project.train("--set", "data.img_size=8");
  assert.equal(code, 0, err);
  assert.doesNotMatch(out, /warning:/);
});
