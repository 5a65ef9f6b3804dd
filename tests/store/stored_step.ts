// A step folder as a finished or unfinished step leaves it, without running anything.
import { join } from "node:path";
import { makeFolder } from "../../lib/disk/folder_entries.ts";
import { commitMarker, type Marker } from "../../lib/store/marker.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";

/** Writes `files` into `folder` and vouches for them under `key`. */
export async function finishStep(
  folder: string,
  key: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<Marker> {
  await writeFiles(folder, files);
  const request = {
    key,
    task: "script",
    step: { name: "a", index: 0, count: 1 },
  };
  return await commitMarker(folder, {
    request: request as StepRequest,
    result: { outcome: "done", metrics: { loss: 0.5 } },
    engines: ["wasm"],
    attempts: 1,
    elapsedMs: 1234,
    finishedAt: new Date(0),
  });
}

/** Writes text files below `folder`, with the folders that they need. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await makeFolder(join(folder, path, ".."));
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    await Deno.writeFile(join(folder, path), bytes);
  }
}
