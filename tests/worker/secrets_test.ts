// Secrets reach a step's process over its standard input, and nothing that it prints gets past the runner with them.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { StepProcess } from "../../lib/worker/spawn.ts";

const SECRET = "hf_shown_everywhere";

Deno.test("StepProcess masks its secrets in log, text and failure", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const texts: string[] = [];
    const child = await StepProcess.start({
      entry: fileURLToPath(new URL("secrets_main.ts", import.meta.url)),
      flags: ["--no-prompt"],
      request: {},
      secrets: { WEB_TOKEN: SECRET },
      attemptFolder: folder,
      onMessage: () => {},
      onText: (text) => texts.push(text),
    });
    const end = await child.ended;
    assert.ok(end.kind === "failed");
    assert.equal(end.failure.message, "failed with ${WEB_TOKEN}");
    assert.equal(end.failure.hint, "url?x=${WEB_TOKEN}");
    assert.deepEqual(texts.sort(), [
      "error ${WEB_TOKEN}",
      "plain ${WEB_TOKEN}",
    ]);
    for (const { name } of Deno.readDirSync(folder)) {
      const text = Deno.readTextFileSync(`${folder}/${name}`);
      assert.ok(!text.includes(SECRET), name);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
