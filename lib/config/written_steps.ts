// The names of a pipeline's steps as they are written, of a file that need not be right elsewhere.
import { locate } from "../source/located_tree.ts";
import { newReport } from "./report.ts";
import { nameFault } from "./step_names.ts";
import { readYaml } from "./yaml_document.ts";

/** Names that can be used, in the order of the file; none where the file cannot be read. */
export async function writtenSteps(file: string): Promise<string[]> {
  const text = await Deno.readTextFile(file).catch(() => "");
  const tree = readYaml({ name: file, text }, newReport());
  const steps = tree && locate(tree, ["training", "pipeline", "steps"]);
  if (steps?.kind !== "list") return [];
  return steps.items.flatMap((step) => {
    const name = locate(step, ["name"]);
    return name?.kind === "scalar" && typeof name.value === "string" &&
        nameFault(name.value) === undefined
      ? [name.value]
      : [];
  });
}
