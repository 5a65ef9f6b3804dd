// Runs folders in which the first steps of SCRIPTS are finished: most tests of the command line are about its last step.
import { cpSync } from "node:fs";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { runCli, trainArgs } from "./cli_process.ts";

let finished: Promise<string> | null = null;

/** Runs `body` with a folder of its own, a copy of one that is made once per process. */
export async function withFinishedSteps(
  body: (runs: string) => Promise<void>,
): Promise<void> {
  const source = await (finished ??= finishSteps());
  await withTemporaryFolder(async (runs) => {
    cpSync(source, runs, { recursive: true, preserveTimestamps: true });
    await body(runs);
  });
}

async function finishSteps(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "fluxline-test-" });
  globalThis.addEventListener("unload", () => {
    Deno.removeSync(folder, { recursive: true });
  });
  // The last step fails and goes, so that no test finds anything of it.
  const { code, err } = await runCli(trainArgs(folder, { fail: "not yet" }));
  if (code !== 4) throw new Error(err);
  for (const { name } of [...Deno.readDirSync(`${folder}/store`)]) {
    const isOfLast = name.startsWith("act-");
    if (isOfLast) {
      Deno.removeSync(`${folder}/store/${name}`, { recursive: true });
    }
  }
  return folder;
}
