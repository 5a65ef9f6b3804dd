// `fluxline schema`: the JSON Schema of pipeline files, or of schedules, for editors.
import {
  pipelineJsonSchema,
  schedulesJsonSchema,
} from "../config/pipeline_json_schema.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import type { Print } from "./plan_command.ts";

/** Options of `schema`. */
export interface SchemaOptions {
  /** The schema of files of schedules instead. */
  readonly schedules?: true;
}

/** Prints the schema. */
export function schemaCommand(options: SchemaOptions, print: Print): ExitCode {
  const schema = options.schedules === true
    ? schedulesJsonSchema()
    : pipelineJsonSchema();
  print.out(JSON.stringify(schema, null, 2));
  return EXIT_CODE.done;
}
