// A few of the disturbances that `deno task test:resume --engine tensorflow` tries at every report.
import assert from "node:assert/strict";
import { tensorflow, testOnTensorflow } from "../support/tensorflow_library.ts";
import { ResumedPipeline } from "./exact_resume.ts";

testOnTensorflow(
  "on tensorflow, a pipeline that is stopped or killed ends with the bytes of an undisturbed one",
  async () => {
    using pipeline = await ResumedPipeline.open(tensorflow());
    const cases = [
      ["kill", "vae: train 5/6"], // in a later epoch
      ["stop", "flow: evaluate 2/3"], // during an evaluation
    ] as const;
    for (const [kind, label] of cases) {
      const wrong = await pipeline.try(pipeline.caseAt(kind, label));
      assert.equal(wrong, null, `${kind} at ${label}: ${wrong}`);
    }
  },
);
