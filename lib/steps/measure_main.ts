// Entry of the process that measures one batch of a train step: it lives as the step's own would.
import { serveStep } from "./serve_step.ts";

if (import.meta.main) {
  Deno.exit(
    await serveStep(async () =>
      (await import("./measured_batch.ts")).measureBatch
    ),
  );
}
