// Which files of a folder are pipelines.
import { join } from "node:path";
import { locate } from "../source/located_tree.ts";
import { newReport } from "./report.ts";
import { readYaml } from "./yaml_document.ts";

/**
 * Paths of every YAML file below `folder` that has a `training` key, sorted. A file that cannot be parsed counts as a pipeline
 * if a line of it starts with that key, so that a slip in it is reported and not passed over. A missing folder holds none.
 */
export async function findPipelines(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of await yamlFiles(folder)) {
    const text = await Deno.readTextFile(path);
    const tree = readYaml({ name: path, text }, newReport());
    const isPipeline = tree === undefined
      ? /^["']?training["']?\s*:/m.test(text)
      : locate(tree, ["training"]) !== undefined;
    if (isPipeline) found.push(path);
  }
  return found.toSorted();
}

async function yamlFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory) files.push(...await yamlFiles(path));
      else if (entry.isFile && /\.ya?ml$/i.test(entry.name)) files.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files;
}
