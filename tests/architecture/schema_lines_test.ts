// Every example tells editors its schema, and the schemas that are committed are those that the command prints.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { schemaCommand } from "../../lib/cli/schema_command.ts";
import { filesUnder } from "./source_files.ts";

const SCHEMA_LINE = /^# yaml-language-server: \$schema=(\S+)$/;

Deno.test("every file of pipelines/ names on its first line a schema that is there", () => {
  const files = filesUnder("pipelines", [".yaml", ".yml"]);
  assert.ok(files.length > 5);
  for (const file of files) {
    const [first = ""] = Deno.readTextFileSync(file).split("\n");
    const named = SCHEMA_LINE.exec(first)?.[1];
    assert.ok(named !== undefined, `${file} names no schema on its first line`);
    const schema = file === "pipelines/schedules.yaml"
      ? "pipelines/schedules.schema.json"
      : "pipelines/pipeline.schema.json";
    assert.equal(join(dirname(file), named), schema);
  }
});

for (
  const [path, options, command] of [
    ["pipelines/pipeline.schema.json", {}, "deno task schema"],
    [
      "pipelines/schedules.schema.json",
      { schedules: true },
      "deno task schema --schedules",
    ],
  ] as const
) {
  Deno.test(`${path} is what \`${command}\` prints`, () => {
    let printed = "";
    const print = {
      out: (text: string) => printed += `${text}\n`,
      err: () => {},
      color: false,
    };
    schemaCommand(options, print);
    assert.ok(
      printed === Deno.readTextFileSync(path),
      `run \`${command} > ${path}\``,
    );
  });
}
