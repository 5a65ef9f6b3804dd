// The same script steps without fluxline: one `deno run` for each, as a loop of shell would start them.
import { join } from "node:path";
import { performance } from "node:perf_hooks";

/**
 * Milliseconds that each of `count` bare processes takes, `jobs` at a time. They import the `nothing.ts` in
 * `folder` that writeManySteps() wrote, and call its task.
 */
export async function msByHand(
  folder: string,
  count: number,
  jobs: number,
): Promise<number> {
  const script = join(folder, "by_hand.ts");
  await Deno.writeTextFile(
    script,
    'import { task } from "./nothing.ts";\ntask();\n',
  );
  let left = count;
  const work = async () => {
    while (left-- > 0) {
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-prompt", "--no-lock", script],
      }).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: jobs }, work));
  return (performance.now() - start) / count;
}
