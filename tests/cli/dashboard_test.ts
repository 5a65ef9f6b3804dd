import assert from "node:assert/strict";
import { join } from "node:path";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { recordRun } from "../report/recorded_run.ts";
import { finish, ROOT, runCli, startCli } from "./cli_process.ts";

/** The flags of `deno task dashboard`. */
async function taskFlags(): Promise<string[]> {
  const { tasks } = JSON.parse(
    await Deno.readTextFile(join(ROOT, "deno.json")),
  );
  return (tasks.dashboard as string).split(" ")
    .filter((word) => /^--(no-prompt|allow-)/.test(word));
}

/** Starts the dashboard on a free port and waits for its address. */
async function started(
  args: readonly string[],
  permissions: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly child: Deno.ChildProcess; readonly address: string }> {
  const child = startCli(["dashboard", "--port", "0", "--json", ...args], {
    permissions,
    env,
  });
  const [head, rest] = child.stdout.tee();
  const reader = head.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  const { address } = JSON.parse(new TextDecoder().decode(value));
  return { child: Object.assign(child, { rest }), address };
}

for (
  const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const
) {
  Deno.test(`dashboard serves under the flags of its task, and ends on ${signal} although pages are open`, async () => {
    await withTemporaryFolder(async (runs) => {
      await recordRun(runs);
      const { child, address } = await started(
        ["--runs", runs],
        await taskFlags(),
      );
      assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/$/);
      const page = await (await fetch(`${address}run/made`)).text();
      assert.match(page, /<title>Run made<\/title>/);
      const stream = (await fetch(`${address}events`)).body!.getReader();
      await stream.read();
      child.kill(signal);
      const status = await child.status;
      assert.equal(status.code, code);
      assert.equal(
        new TextDecoder().decode((await child.stderr.getReader().read()).value),
        "",
      );
      await stream.read().catch(() => {});
    });
  });
}

Deno.test("dashboard elsewhere than on this machine's own address makes a token, or takes one that is long enough", async () => {
  await withTemporaryFolder(async (runs) => {
    await recordRun(runs);
    const args = ["--runs", runs, "--host", "0.0.0.0"];
    const refused = await runCli(["dashboard", ...args], {
      permissions: await taskFlags(),
    });
    assert.equal(refused.code, 2);
    assert.match(
      refused.err,
      /may not listen on "0\.0\.0\.0:8642"\nhint: Run `deno run -R --allow-net=0\.0\.0\.0 /,
    );
    const open = ["--no-prompt", "--allow-read", "--allow-net=0.0.0.0"];
    const { child, address } = await started(args, open);
    const local = address.replace("0.0.0.0", "127.0.0.1");
    assert.match(local, /\?token=[\w-]{32}$/);
    const bare = await fetch(local.replace(/\?.*/, ""));
    assert.equal(bare.status, 401);
    await bare.text();
    const known = await fetch(local, { redirect: "manual" });
    assert.equal(known.status, 303);
    child.kill("SIGINT");
    await child.status;
    await child.stderr.cancel();
    const short = await finish(startCli(["dashboard", ...args], {
      permissions: [...open, "--allow-env=FLUXLINE_DASHBOARD_TOKEN"],
      env: { FLUXLINE_DASHBOARD_TOKEN: "short" },
    }));
    assert.equal(short.code, 2);
    assert.match(
      short.err,
      /^error: Cannot use the token in FLUXLINE_DASHBOARD_TOKEN: it has 5 characters, wanted at least 16\n/,
    );
    assert.ok(!short.err.includes('short"'));
  });
});
