// `train` on tar shards of a server: fetched once, killed and resumed with equal bytes, with a token that is written nowhere.
import assert from "node:assert/strict";
import { join } from "node:path";
import { samples, tarOf } from "../shards/made_shard.ts";
import { startShardServer } from "../shards/shard_server.ts";
import { pictureBytes } from "../data/picture_folder.ts";
import { stepPid, until } from "./cli_process.ts";
import { pipelineText, TOKEN, withProject } from "./web_project.ts";

/** A machine that runs other tests takes its time to load an engine. */
const PATIENCE_MS = 60_000;

/** No process of this machine may show it in its arguments. */
function refuseTokenInArguments(): void {
  let seen = 0;
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      assert.ok(!text.includes(TOKEN), text);
      seen++;
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      // It ended meanwhile.
    }
  }
  assert.ok(seen > 1);
}

function stepFolder(runs: string, label = "vae"): string {
  const store = join(runs, "store");
  const name =
    [...Deno.readDirSync(store)].find((entry) =>
      entry.isDirectory && entry.name.startsWith(`${label}-`)
    )!.name;
  return join(store, name);
}

/** Weights and records of the finished step by path. */
function resultOf(runs: string): Record<string, Uint8Array> {
  const folder = stepFolder(runs);
  const paths = ["shards.json", "metrics.jsonl"].concat(
    ["weights", "ema", "optimizer"].map((name) =>
      `checkpoints/00000006/${name}.safetensors`
    ),
  );
  return Object.fromEntries(
    paths.map((path) => [path, Deno.readFileSync(join(folder, path))]),
  );
}

async function killStep(
  child: Deno.ChildProcess,
  runs: string,
): Promise<void> {
  const pid = stepPid(runs, "vae");
  assert.ok(pid !== null);
  child.kill("SIGKILL");
  Deno.kill(pid, "SIGKILL");
  await child.output();
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).size > 0;
  } catch {
    return false;
  }
}

Deno.test({
  name:
    "train over http shards, killed while it fetches and while it trains, ends with the bytes of an undisturbed run",
  ignore: Deno.build.os !== "linux",
  async fn(t) {
    await withProject(async ({ folder, server, start, train }) => {
      const runs = join(folder, "b");
      await t.step("undisturbed", async () => {
        const { code, text } = await train("a");
        assert.equal(code, 0, text);
        assert.equal(server.seen.length, 2);
      });
      await t.step("killed while it fetches", async () => {
        server.seen.length = 0;
        server.oddity = (path) =>
          path === "/s-1.tar" ? { kind: "drip", bytes: 8000 } : undefined;
        const child = start("b");
        const isPart = () => hasPart(runs, "s-1-");
        await until(isPart, "a part that is safe on disk", PATIENCE_MS);
        refuseTokenInArguments();
        await killStep(child, runs);
        server.oddity = () => undefined;
      });
      await t.step(
        "goes on with the part, then killed while it trains",
        async () => {
          server.seen.length = 0;
          const child = start("b");
          await until(
            () => exists(join(stepFolder(runs), "checkpoint.json")),
            "a checkpoint",
          );
          await killStep(child, runs);
          // The first shard was whole; of the second the rest was asked for.
          assert.equal(server.seen.length, 1);
          assert.equal(server.seen[0]!.path, "/s-1.tar");
          assert.match(server.seen[0]!.range ?? "", /^bytes=[1-9]\d*-$/);
        },
      );
      await t.step("refuses a shard that is another now", async () => {
        const former = server.files.get("/s-1.tar")!;
        Deno.removeSync(join(runs, "store/shards"), { recursive: true });
        server.files.set("/s-1.tar", await tarOf(samples(5, 5)));
        const { code, text } = await train("b");
        assert.equal(code, 6, text);
        assert.match(
          text,
          /Cannot go on with step "vae": shard "http:\S+s-1\.tar" is not the one that it began with: its SHA-256 is [0-9a-f]{64}, wanted/,
        );
        assert.match(text, /--force vae/);
        Deno.removeSync(join(runs, "store/shards"), { recursive: true });
        server.files.set("/s-1.tar", former);
      });
      await t.step("goes on to equal bytes", async () => {
        const { code, text } = await train("b");
        assert.equal(code, 0, text);
        assert.match(text, /continues at epoch/);
        assert.deepEqual(resultOf(runs), resultOf(join(folder, "a")));
      });
    });
  },
});

/** Whether a part of the shard whose name starts so is noted. */
function hasPart(runs: string, start: string): boolean {
  const shards = join(runs, "store", "shards");
  try {
    return [...Deno.readDirSync(shards)].some((folder) =>
      [...Deno.readDirSync(join(shards, folder.name))].some(({ name }) =>
        name.startsWith(start) && name.endsWith(".part.json")
      )
    );
  } catch {
    // Not there yet.
    return false;
  }
}

Deno.test("train says why shards cannot be had: a redirect to a host that the step may not reach, a token that is wrong", async () => {
  await using other = startShardServer();
  await withProject(async ({ server, train }) => {
    const host = other.origin.slice("http://".length);
    server.oddity = () => ({ kind: "redirect", to: `${other.origin}/s.tar` });
    const redirected = await train("a");
    assert.equal(redirected.code, 3, redirected.text);
    assert.ok(redirected.text.includes(`it is redirected to "${host}"`));
    assert.ok(redirected.text.includes(`permissions: { net: ["${host}"] }`));
    assert.equal(other.seen.length, 0);
    server.oddity = () => undefined;
    server.token = "another";
    const refused = await train("b");
    assert.equal(refused.code, 3, refused.text);
    assert.match(refused.text, /answered 401 to the token in WEB_TOKEN/);
  });
});

Deno.test("train fetches once for two steps that run at once", async () => {
  await withProject(async ({ folder, server, train }) => {
    const file = join(folder, "two.yaml");
    const steps = [
      "      - { name: vae, needs: [], lr: 1e-3, max_steps: 1, n_epochs: 1 }",
      "      - { name: vae2, needs: [], lr: 2e-3, max_steps: 1, n_epochs: 1 }",
    ];
    const text = pipelineText(server.origin).replace(
      /^ {6}- .*$/m,
      steps.join("\n"),
    );
    Deno.writeTextFileSync(file, text);
    const { code, text: shown } = await train("a", file, "--jobs", "2");
    assert.equal(code, 0, shown);
    assert.deepEqual(server.seen.map(({ path }) => path).sort(), [
      "/s-0.tar",
      "/s-1.tar",
    ]);
  });
});

Deno.test("train on local shards skips, counts and names corrupt samples, up to the stated share", async () => {
  await withProject(async ({ folder, train }) => {
    Deno.mkdirSync(join(folder, "shards"));
    Deno.writeFileSync(
      join(folder, "shards/x.tar"),
      await tarOf([
        ...samples(0, 5),
        ["bad.png", pictureBytes(1).subarray(0, 20)],
        ["bad.json", '{"prompt":"x"}'],
      ]),
    );
    const file = join(folder, "local.yaml");
    Deno.writeTextFileSync(
      file,
      pipelineText("").replace(
        /webdataset_url: "[^"]*"/,
        "webdataset_url: shards",
      ),
    );
    const few = await train("a", file);
    assert.equal(few.code, 4, few.text);
    assert.match(few.text, /x\.tar: bad.*1 of 6 samples is corrupt/);
    const more = await train("a", file, "--set", "data.max_corrupt_share=0.5");
    assert.equal(more.code, 0, more.text);
    assert.match(more.text, /picture ".*x\.tar: bad" is skipped/);
    assert.match(more.text, /1 corrupt sample skipped/);
  });
});
