// `fluxline schema`: the JSON Schema of pipeline files, for editors.
import { pipelineJsonSchema } from "../config/pipeline_json_schema.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import type { Print } from "./plan_command.ts";

/** Prints the schema. */
export function schemaCommand(print: Print): ExitCode {
  print.out(JSON.stringify(pipelineJsonSchema(), null, 2));
  return EXIT_CODE.done;
}
