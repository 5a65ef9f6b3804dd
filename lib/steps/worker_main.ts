// Entry of a step's process, whatever its task.
import { serveStep } from "./serve_step.ts";
import { loadStepBody } from "./step_bodies.ts";

if (import.meta.main) Deno.exit(await serveStep(loadStepBody));
