// Every file of a folder, however deep: tests look into all of them.
import { join } from "node:path";

/** Paths of the files below `folder`, which must be there: a look at nothing would find nothing wrong. */
export function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    return isDirectory ? filesBelow(path) : [path];
  });
}
