// The schemas of pipeline files and of schedules as JSON Schema, for editors.
import { toJsonSchema } from "@valibot/to-json-schema";
import { PIPELINE_FILE } from "../catalog/pipeline_file.ts";
import { SCHEDULES_FILE } from "../catalog/schedule_options.ts";

/** JSON Schema (draft 7) of a pipeline file. Which keys may stand together is checked by `validate`. */
export function pipelineJsonSchema(): Record<string, unknown> {
  return editorSchema(PIPELINE_FILE, "fluxline pipeline");
}

/** JSON Schema (draft 7) of a file of schedules. */
export function schedulesJsonSchema(): Record<string, unknown> {
  return editorSchema(SCHEDULES_FILE, "fluxline schedules");
}

function editorSchema(
  file: Parameters<typeof toJsonSchema>[0],
  title: string,
): Record<string, unknown> {
  const schema = toJsonSchema(file, { errorMode: "ignore", typeMode: "input" });
  return { ...schema, title };
}
