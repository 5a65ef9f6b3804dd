// A run with a secret in every place where one can be given: its bytes are in no file of the project, in no output, and in no
// process that need not have them.
import assert from "node:assert/strict";
import { join } from "node:path";
import { finish, ROOT, runCli, startCli } from "../cli/cli_process.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { filesBelow } from "../disk/files_below.ts";

/** Declared by the step, named by a hook's header and kept in a file for another, merely set, and set for a dataset. */
const SECRETS = {
  DECLARED_TOKEN: 'declared"secret\\4711',
  HOOK_SECRET: "hook_secret_4712",
  UNRELATED_PASSWORD: "unrelated_secret_4713",
  SHARD_ACCESS_KEY: "shard_secret_4714",
} as const;
const FILE_SECRET = "file_secret_4715";
const ALL = [...Object.values(SECRETS), FILE_SECRET];

function pipelineText(origin: string): string {
  const hook = {
    url: `${origin}/\${HOOK_SECRET}`,
    headers: { authorization: "Bearer ${file:outside/secret}" },
    attempts: 1,
  };
  const tell = {
    ...{ name: "tell", task: "script" },
    uses: join(ROOT, "tests/fixtures/pipelines/tasks/tell_secret.ts"),
    with: { name: "DECLARED_TOKEN" },
    permissions: { env: ["DECLARED_TOKEN"] },
  };
  const next = { ...tell, name: "next", permissions: {}, needs: ["tell"] };
  const web = {
    ...{ type: "webdataset", webdataset_url: `${origin}/s-0.tar` },
    webdataset_token: "${SHARD_ACCESS_KEY}",
  };
  return JSON.stringify({
    name: "secrets",
    on_success: hook,
    training: {
      pipeline: { datasets: { web }, steps: [tell, next] },
    },
  });
}

/** Environments and arguments of the steps' processes, by path below /proc, as long as `child` runs. */
async function watchSteps(child: Promise<unknown>): Promise<Set<string>> {
  let isOver = false;
  child.finally(() => isOver = true);
  const seen = new Set<string>();
  while (!isOver) {
    for (const { name } of Deno.readDirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const command = textOf(`/proc/${name}/cmdline`);
      if (ALL.some((secret) => command.includes(secret))) seen.add(command);
      if (!command.includes("script_main.ts")) continue;
      seen.add(textOf(`/proc/${name}/environ`));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return seen;
}

/** Empty where the process is gone. */
function textOf(path: string): string {
  try {
    return new TextDecoder("latin1").decode(Deno.readFileSync(path));
  } catch {
    return "";
  }
}

/** No secret, plain or as JSON writes it. */
function refuseSecrets(text: string, where: string): void {
  for (const secret of ALL) {
    for (const form of [secret, JSON.stringify(secret).slice(1, -1)]) {
      assert.ok(!text.includes(form), `${where} has ${form}`);
    }
  }
}

Deno.test({
  name:
    "no secret of a run gets into a file, an output or a process that need not have it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withTemporaryFolder(async (folder) => {
      const posts: string[] = [];
      await using server = Deno.serve(
        { port: 0, hostname: "127.0.0.1", onListen: () => {} },
        (request) => {
          posts.push(
            `${request.url} ${request.headers.get("authorization")}`,
          );
          return new Response();
        },
      );
      const origin = `http://127.0.0.1:${server.addr.port}`;
      const project = join(folder, "project");
      await Deno.mkdir(join(folder, "outside"));
      await Deno.mkdir(project);
      await Deno.writeTextFile(join(folder, "outside/secret"), FILE_SECRET);
      const file = join(project, "secrets.yaml");
      await Deno.writeTextFile(file, pipelineText(origin));
      const options = { cwd: folder, env: SECRETS };
      const runs = ["--runs", join(project, "runs")];

      const run = finish(startCli(["train", file, ...runs], options));
      const seen = [...await watchSteps(run)].filter((text) => text !== "");
      const { code, out, err } = await run;
      assert.equal(code, 0, err);
      assert.match(out + err, /printed \$\{DECLARED_TOKEN\}/);
      // They were there: who shall have them got them.
      assert.equal(posts.length, 1);
      assert.match(posts[0]!, /hook_secret_4712 Bearer file_secret_4715/);
      const declared = seen.filter((text) =>
        text.includes(SECRETS.DECLARED_TOKEN)
      );
      assert.ok(declared.length > 0 && declared.length < seen.length);
      for (const text of seen) {
        const others = text.replaceAll(SECRETS.DECLARED_TOKEN, "");
        refuseSecrets(others, "an environment");
      }
      refuseSecrets(out + err, "the output");
      for (
        const command of [
          ["why", "tell", file, ...runs],
          ["plan", file, ...runs, "--json"],
          ["status", file, ...runs, "--json"],
        ]
      ) {
        const ended = await runCli(command, options);
        assert.equal(ended.code, 0, ended.err);
        refuseSecrets(ended.out + ended.err, command[0]!);
      }
      const files = filesBelow(project);
      const kinds = ["log.txt", "audit.jsonl", "complete.json", "report.html"]
        .concat("manifest.json", "resolved.json", "request.json");
      for (const kind of kinds) {
        assert.ok(files.some((path) => path.endsWith(`/${kind}`)), kind);
      }
      assert.ok(files.some((path) => path.includes("/tensorboard/")));
      for (const path of files) refuseSecrets(textOf(path), path);
    });
  },
});
