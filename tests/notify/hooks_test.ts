// Hooks on a real run, against a real server on loopback and real programs.
import assert from "node:assert/strict";
import { webhookTestCommand } from "../../lib/cli/webhook_command.ts";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import type { RunHooks } from "../../lib/catalog/hook_options.ts";
import { runHooks } from "../../lib/notify/run_hooks.ts";
import type { RunEnd } from "../../lib/notify/run_end.ts";
import { PACKAGE_ROOT } from "../../lib/plan/plan.ts";
import { runCli, trainArgs } from "../cli/cli_process.ts";
import { filesBelow } from "../disk/files_below.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

const SECRET = "s3cret-of-the-hook";

interface Request {
  readonly path: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A server that answers with the statuses in turn, the last one for ever. */
function server(
  statuses: readonly number[],
): { url: string; got: Request[] } & AsyncDisposable {
  const got: Request[] = [];
  const listening = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const status = statuses[got.length] ?? statuses.at(-1)!;
      got.push({
        path: new URL(request.url).pathname,
        headers: request.headers,
        body: await request.json(),
      });
      const location = { location: "http://127.0.0.1:1/elsewhere" };
      return new Response(null, { status, headers: location });
    },
  );
  return {
    ...{ url: `http://127.0.0.1:${listening.addr.port}`, got },
    [Symbol.asyncDispose]: () => listening.shutdown(),
  };
}

const END: RunEnd = {
  ...{ text: "Run night is done in 2 s", run: "night", pipeline: "n.yaml" },
  ...{ outcome: "done", exitCode: 0, elapsedSeconds: 2 },
  ...{ report: "runs/night/report.html", steps: [], failure: null },
};

function onSuccess(
  hook: Partial<NonNullable<RunHooks["on_success"]>>,
): RunHooks {
  const unset = { command: null, url: null, headers: {} };
  return {
    on_success: { ...unset, timeout: "10s", attempts: 3, ...hook },
    on_failure: null,
  };
}

Deno.test("train tells on_success by command and webhook, with secrets in no output and no file", async () => {
  await using hook = server([503, 200]);
  await withTemporaryFolder(async (folder) => {
    const runs = `${folder}/runs`;
    await Deno.writeTextFile(`${folder}/token`, `${SECRET}\n`);
    const command = [
      "sh",
      "-c",
      `env | sort | grep -E '^(FLUXLINE_|OTHER)' > '${folder}/told'; echo broken >&2; exit 3`,
    ];
    const { code, out, err } = await runCli(
      trainArgs(
        runs,
        {},
        ...["--set", `on_success.command=${JSON.stringify(command)}`],
        ...["--set", "on_success.url=${HOOK_URL}"],
        ...[
          "--set",
          `on_success.headers={"authorization":"Bearer \${file:${folder}/token}"}`,
        ],
      ),
      { env: { HOOK_URL: `${hook.url}/${SECRET}`, OTHER: "not told" } },
    );
    assert.equal(code, 0, err);
    // The webhook arrived at its second attempt; the command failed, which is told and changes no exit code.
    assert.equal(hook.got.length, 2);
    const { path, headers, body } = hook.got[1]!;
    assert.equal(path, `/${SECRET}`);
    assert.equal(headers.get("authorization"), `Bearer ${SECRET}`);
    assert.equal(headers.get("content-type"), "application/json");
    assert.deepEqual(
      [body["run"], body["outcome"], body["exitCode"], body["failure"]],
      ["scripts", "done", 0, null],
    );
    assert.equal((body["steps"] as unknown[]).length, 3);
    const report = String(body["report"]);
    assert.ok((await Deno.stat(report)).isFile);
    assert.match(
      out,
      /warning: Failed: the command of "on_success": sh ended with 3: broken/,
    );
    assert.deepEqual(
      (await Deno.readTextFile(`${folder}/told`)).trim().split("\n"),
      [
        "FLUXLINE_EXIT_CODE=0",
        "FLUXLINE_FAILED_STEP=",
        "FLUXLINE_OUTCOME=done",
        "FLUXLINE_PIPELINE=tests/fixtures/pipelines/scripts.yaml",
        `FLUXLINE_REPORT=${report}`,
        "FLUXLINE_RUN=scripts",
        `FLUXLINE_TEXT=${body["text"]}`,
      ],
    );
    assert.ok(!(out + err).includes(SECRET));
    for (const file of filesBelow(runs)) {
      assert.ok(!(await Deno.readTextFile(file)).includes(SECRET), file);
    }
    // Nothing to do is nothing to tell.
    const again = await runCli(
      trainArgs(runs, {}, "--set", `on_success.url=${hook.url}`),
    );
    assert.equal(again.code, 0);
    assert.equal(hook.got.length, 2);
    // A failure is told too, with the step and its message, and keeps its exit code.
    const failed = await runCli(
      trainArgs(
        runs,
        { fail: "no luck" },
        ...["--quiet", "--set", `on_failure.url=${hook.url}/failed`],
        ...["--set", 'on_failure.command=["no-such-program-of-ours"]'],
      ),
    );
    assert.equal(failed.code, 4);
    assert.equal(hook.got[2]?.body["outcome"], "failed");
    const { step } = hook.got[2]?.body["failure"] as { step: string };
    assert.equal(step, "act");
    assert.match(failed.err, /Failed: the command of "on_failure": .*no-such/);
  });
});

Deno.test("runHooks() gives up on an answer that will not change, a redirect, silence and a program that does not end", async () => {
  const faults = (hooks: RunHooks) => runHooks(hooks, END, PACKAGE_ROOT);
  await using refusing = server([404]);
  assert.deepEqual(await faults(onSuccess({ url: refusing.url })), [
    `Failed: the webhook of "on_success": ${refusing.url} was not reached: it answered 404 (1 of 3 attempts)`,
  ]);
  assert.equal(refusing.got.length, 1);
  await using moved = server([307]);
  const [redirected = ""] = await faults(onSuccess({ url: moved.url }));
  assert.match(redirected, /it answered 307: redirects are not followed/);
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  const slow = onSuccess({
    ...{ url: `http://127.0.0.1:${port}/`, command: ["sleep", "60"] },
    timeout: 0.5,
  });
  const late = await faults(slow);
  silent.close();
  assert.deepEqual(late, [
    'Failed: the command of "on_success": sleep was ended after 0.5 s',
    `Failed: the webhook of "on_success": http://127.0.0.1:${port}/ was not reached: it did not answer in time (1 of 3 attempts)`,
  ]);
  const [unset = ""] = await faults(onSuccess({ url: "${NO_SUCH_HOOK_URL}" }));
  assert.match(unset, /The environment variable NO_SUCH_HOOK_URL is not set/);
});

Deno.test("webhookTestCommand() posts to each webhook of the pipeline and says what became of it", async () => {
  await using hook = server([200, 500]);
  await withTemporaryFolder(async (folder) => {
    const file = `${folder}/p.yaml`;
    const script = await Deno.readTextFile(
      "tests/fixtures/pipelines/scripts.yaml",
    );
    await Deno.writeTextFile(
      file,
      `on_success: { url: "${hook.url}/good" }\non_failure: { url: "${hook.url}/bad", attempts: 1 }\n${script}`,
    );
    let out = "";
    const print = {
      out: (text: string) => out += `${text}\n`,
      err: (text: string) => assert.fail(text),
      color: false,
    };
    assert.equal(await webhookTestCommand(file, {}, print), 3);
    assert.equal(
      out,
      `on_success: ${hook.url}/good took it with 200
on_failure: ${hook.url}/bad was not reached: it answered 500
`,
    );
    assert.deepEqual(hook.got.map(({ body }) => body["outcome"]), [
      "test",
      "test",
    ]);
    await Deno.writeTextFile(file, script);
    await assert.rejects(webhookTestCommand(file, {}, print), {
      message: /it has no webhook/,
    });
  });
});

Deno.test("loadPipeline() refuses hooks that do nothing, are no address, or hold a secret, and never shows it", async () => {
  const load = async (hook: string) => {
    const loaded = await loadPipeline("p.yaml", {
      readText: () =>
        Promise.resolve(
          `on_failure: ${hook}\ntraining: { pipeline: { steps: [{ name: a, task: script, uses: a.ts }] } }\n`,
        ),
      checkPaths: false,
    });
    return loaded.ok ? [] : loaded.diagnostics;
  };
  const cases = [
    ["{}", /neither "command" nor "url"/],
    ["say", /it must hold a map/],
    ["{ url: ftp://host/ }", /wanted an address that begins with https/],
    [`{ url: "https://me:${SECRET}@host/" }`, /a password is written in it/],
    [
      `{ url: "https://host/", headers: { Authorization: ${SECRET} } }`,
      /may be a secret/,
    ],
    ["{ command: [] }", /command/],
    ["{ comand: [a] }", /comand/],
  ] as const;
  for (const [hook, message] of cases) {
    const [first, ...others] = await load(hook);
    assert.match(first?.message ?? "", message);
    const told = JSON.stringify([first, ...others].map((one) => one?.message));
    assert.ok(!told.includes(SECRET));
  }
  assert.deepEqual(await load('{ url: "${URL}" }'), []);
});
