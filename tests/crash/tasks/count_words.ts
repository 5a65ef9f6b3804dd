// Counts what an earlier step left; stands for a user's own task between two train steps.
import { join } from "node:path";
import { defineTask } from "../../../mod.ts";

export const task = defineTask(async ({ output, seed }) => {
  await Deno.mkdir(join(output, "words"));
  for (const name of ["one", "two"]) {
    const text = `${name} ${seed}\n`;
    await Deno.writeTextFile(join(output, "words", `${name}.txt`), text);
  }
  return { metrics: { words: 2 } };
});
