import assert from "node:assert/strict";
import { join } from "node:path";
import { scriptBody } from "../../lib/steps/script.ts";
import type { StepContext } from "../../lib/steps/step_context.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

Deno.test("scriptBody() keeps pictures that are there and refuses one that is not, or lies elsewhere", async () => {
  await withTemporaryFolder(async (root) => {
    const folder = await Deno.realPath(root);
    const module = join(folder, "task.ts");
    await Deno.writeTextFile(
      module,
      `export const task = async ({ output, options }) => {
        await Deno.writeTextFile(output + "/a.png", "");
        return { pictures: [options.picture] };
      };\n`,
    );
    const run = (picture: string) =>
      scriptBody({
        request: {
          step: { name: "draw" },
          options: {
            task: "script",
            uses: "task.ts",
            uses_path: module,
            with: { picture },
          },
        },
        folder,
        inputs: {},
        signal: new AbortController().signal,
      } as unknown as StepContext);
    assert.deepEqual((await run("a.png")).pictures, [
      join(folder, "output", "a.png"),
    ]);
    await assert.rejects(run("b.png"), {
      message:
        'Cannot keep picture of step "draw": found "b.png", wanted a file that is there',
    });
    await assert.rejects(run("../task.ts"), /wanted a path in the output/);
  });
});
