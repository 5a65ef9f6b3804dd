// Pictures of the user's in `output.test_image_address`: reconstructed as samples, and refused before the start where they are missing.
import assert from "node:assert/strict";
import { SmallProject, vaeStep } from "./small_project.ts";

const PICTURES = "output.test_image_address";

Deno.test("a step reconstructs the user's test pictures without declaring them", async () => {
  await using project = await SmallProject.open(vaeStep("small"));
  await Deno.copyFile(
    project.path("heldout", await firstPicture(project)),
    project.path("mine.png"),
  );
  const { code, out, err } = await project.train(
    "--set",
    `${PICTURES}=[mine.png]`,
  );
  assert.equal(code, 0, err);
  assert.match(out, /samples\/\d+-test-1\.png/);
  assert.doesNotMatch(out, /warning:/);
});

Deno.test("a test picture that is not there is refused before anything starts", async () => {
  await using project = await SmallProject.open(vaeStep("small"));
  const { code, err } = await project.train("--set", `${PICTURES}=[gone.png]`);
  assert.equal(code, 3);
  assert.match(err, /^error: Cannot find the test picture "gone\.png": /);
  assert.match(err, /\n {2}--set#1:1:\d+\n/);
});

async function firstPicture(project: SmallProject): Promise<string> {
  const entries = await Array.fromAsync(Deno.readDir(project.path("heldout")));
  return entries.map((entry) => entry.name).sort()[0]!;
}
