import assert from "node:assert/strict";
import { summarizeAudit } from "../../lib/worker/access_audit.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

Deno.test("summarizeAudit() counts accesses and names reads and variables outside of the grants once, and survives a torn line", async () => {
  await withTemporaryFolder(async (folder) => {
    const line = (permission: string, value: string) =>
      JSON.stringify({ v: 1, datetime: "d", permission, value });
    const path = `${folder}/audit.jsonl`;
    const lines = [
      line("read", "/in/a"),
      line("read", "/etc/hosts"),
      line("write", "/etc/passwd"),
      line("read", "/etc/hosts"),
      line("read", "/inner"),
      ...["HOME", "HF_TOKEN", "HOME", "LANG"].map((one) => line("env", one)),
      '{"v":1,"permission":"read","val',
    ];
    await Deno.writeTextFile(path, lines.join("\n"));
    const granted = { read: ["/in"], env: ["HF_*", "LANG"] };
    assert.deepEqual(await summarizeAudit(path, granted), {
      counts: { read: 5, write: 1, env: 4 },
      undeclaredReads: ["/etc/hosts", "/inner"],
      undeclaredVariables: ["HOME"],
    });
  });
});

Deno.test("summarizeAudit() takes a missing audit as empty", async () => {
  const nothing = { read: [], env: [] };
  assert.deepEqual(await summarizeAudit("/nowhere/audit.jsonl", nothing), {
    counts: {},
    undeclaredReads: [],
    undeclaredVariables: [],
  });
});
