// Names of the hub against the layouts that a folder may have.
import assert from "node:assert/strict";
import { join } from "node:path";
import { resolveHubUrl } from "../../lib/hub/hub_folder.ts";
import { isHubName, parseHubUrl } from "../../lib/hub/hub_name.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

const SHARDS = "hf://datasets/org/pairs/data/*.tar";

Deno.test("parseHubUrl() reads kind, repository, revision and pattern, and nothing else", () => {
  assert.deepEqual(parseHubUrl("hf://datasets/org/pairs@v2/a/{00..09}.tar"), {
    kind: "datasets",
    repository: "org/pairs",
    revision: "v2",
    path: "a/{00..09}.tar",
  });
  assert.deepEqual(parseHubUrl("hf://org/model"), {
    kind: "models",
    repository: "org/model",
    revision: null,
    path: "",
  });
  for (
    const wrong of [
      "https://org/model",
      "hf://",
      "hf://datasets/org",
      "hf://datasets/org/..",
      "hf://datasets/org/pairs/../../x",
      "hf://datasets/org/a@b@c/x",
      "hf://datasets/org/pairs@../x",
    ]
  ) assert.equal(parseHubUrl(wrong), null, wrong);
});

Deno.test("isHubName() tells a repository from a path and a file", () => {
  assert.ok(isHubName("distilbert-base-uncased"));
  assert.ok(isHubName("org/model-1.5"));
  for (const path of ["./x", "a/b/c", "/x", "tokenizer.json", "a..b", ""]) {
    assert.equal(isHubName(path), false, path);
  }
});

Deno.test("resolveHubUrl() finds a plain copy, with or without the kind", async () => {
  await withTemporaryFolder(async (root) => {
    for (const place of ["org/pairs", "datasets/org/pairs"]) {
      await Deno.mkdir(join(root, place), { recursive: true });
      const folder = join(root, place);
      assert.deepEqual(await resolveHubUrl(SHARDS, root), {
        ok: true,
        folder,
        path: join(folder, "data/*.tar"),
      });
    }
  });
});

Deno.test("resolveHubUrl() follows the cache's refs, takes the only revision, and asks where there are several", async () => {
  await withTemporaryFolder(async (root) => {
    const cache = join(root, "hub", "datasets--org--pairs");
    const snapshot = (name: string) => join(cache, "snapshots", name);
    const folderOf = async (url: string) => {
      const place = await resolveHubUrl(url, root);
      return place.ok ? place.folder : place.reason;
    };
    await Deno.mkdir(snapshot("aaa"), { recursive: true });
    assert.equal(await folderOf(SHARDS), snapshot("aaa"));
    await Deno.mkdir(snapshot("bbb"));
    assert.match(await folderOf(SHARDS), /holds the revisions aaa, bbb/);
    assert.equal(
      await folderOf("hf://datasets/org/pairs@aaa/x"),
      snapshot("aaa"),
    );
    assert.match(
      await folderOf("hf://datasets/org/pairs@ccc/x"),
      /none is the wanted "ccc"/,
    );
    await Deno.mkdir(join(cache, "refs"));
    await Deno.writeTextFile(join(cache, "refs", "main"), "bbb\n");
    assert.equal(await folderOf(SHARDS), snapshot("bbb"));
  });
});

Deno.test("resolveHubUrl() says what is wanted where, and how to get it", async () => {
  await withTemporaryFolder(async (root) => {
    const unset = await resolveHubUrl(SHARDS, null);
    assert.ok(!unset.ok);
    assert.match(unset.reason, /`data\.hub_dir` names no folder/);
    assert.match(unset.hint, /write `data\.hub_dir: hub`/);
    const absent = await resolveHubUrl(SHARDS, root);
    assert.ok(!absent.ok);
    assert.match(absent.reason, /there is no "org\/pairs" in/);
    assert.ok(
      absent.hint.includes(
        `put data/*.tar into ${root}/datasets/org/pairs (\`hf download --repo-type dataset org/pairs --local-dir`,
      ),
      absent.hint,
    );
    const wrong = await resolveHubUrl("hf://x", root);
    assert.ok(!wrong.ok);
    assert.match(wrong.hint, /Write hf:\/\/datasets\//);
  });
});
