// A few of the disturbances that `deno task test:resume` tries at every report, on the embedded engine.
import assert from "node:assert/strict";
import { EMBEDDED_ENGINE } from "../../lib/engine_setup/engine_choice.ts";
import { ResumedPipeline } from "./exact_resume.ts";

Deno.test("a pipeline that is stopped or killed at any report ends with the bytes of an undisturbed one", async () => {
  using pipeline = await ResumedPipeline.open(EMBEDDED_ENGINE);
  const cases = [
    ["stop", "vae: train 1/6"], // in mid-accumulation
    ["kill", 'gan: checkpoint "checkpoints/00000004"'], // between a save and the next batch
    ["kill", "flow: picture"], // before samples are noted as drawn
  ] as const;
  for (const [kind, label] of cases) {
    const wrong = await pipeline.try(pipeline.caseAt(kind, label));
    assert.equal(wrong, null, `${kind} at ${label}: ${wrong}`);
  }
});
