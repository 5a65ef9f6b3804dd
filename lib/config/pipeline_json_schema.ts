// The schema of pipeline files as JSON Schema, for editors.
import { toJsonSchema } from "@valibot/to-json-schema";
import { PIPELINE_FILE } from "../catalog/pipeline_file.ts";

/** JSON Schema (draft 7) of a pipeline file. Which keys may stand together is checked by `validate`. */
export function pipelineJsonSchema(): Record<string, unknown> {
  const schema = toJsonSchema(PIPELINE_FILE, {
    errorMode: "ignore",
    typeMode: "input",
  });
  return { ...schema, title: "fluxline pipeline" };
}
