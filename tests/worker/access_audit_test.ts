import assert from "node:assert/strict";
import { summarizeAudit } from "../../lib/worker/access_audit.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

Deno.test("summarizeAudit() counts accesses and names reads outside of the grants once, and survives a torn line", async () => {
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
      '{"v":1,"permission":"read","val',
    ];
    await Deno.writeTextFile(path, lines.join("\n"));
    assert.deepEqual(await summarizeAudit(path, ["/in"]), {
      counts: { read: 5, write: 1 },
      undeclaredReads: ["/etc/hosts", "/inner"],
    });
  });
});

Deno.test("summarizeAudit() takes a missing audit as empty", async () => {
  assert.deepEqual(await summarizeAudit("/nowhere/audit.jsonl", []), {
    counts: {},
    undeclaredReads: [],
  });
});
