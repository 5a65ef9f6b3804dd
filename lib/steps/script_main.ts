// Entry of the process of a script step: all of its code but none of node:, tensors or schemas, so that thousands of small steps start fast.
import { scriptBody } from "./script.ts";
import { serveStep } from "./serve_step.ts";

if (import.meta.main) {
  Deno.exit(await serveStep(() => Promise.resolve(scriptBody)));
}
