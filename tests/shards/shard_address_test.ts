// Addresses of shards, and the shards on this machine behind a path.
import assert from "node:assert/strict";
import { join } from "node:path";
import { findLocalShards } from "../../lib/shards/local_shards.ts";
import {
  expandAddress,
  hostOf,
  isPrivateWay,
} from "../../lib/shards/shard_address.ts";
import { shardFolder, shardPlace } from "../../lib/shards/shard_place.ts";
import { maskSecrets, tokenVariable } from "../../lib/shards/shard_token.ts";

function refusalOf(written: string): string {
  const found = expandAddress(written);
  assert.ok(!found.ok, written);
  return `${found.reason}; ${found.hint}`;
}

Deno.test("expandAddress() numbers shards by braces and names each once", () => {
  assert.deepEqual(expandAddress("https://h/d-{008..010}.tar#x"), {
    ok: true,
    kind: "remote",
    urls: ["https://h/d-008.tar", "https://h/d-009.tar", "https://h/d-010.tar"],
  });
  assert.deepEqual(expandAddress("a/{b,c,b}/*.tar"), {
    ok: true,
    kind: "local",
    patterns: ["a/b/*.tar", "a/c/*.tar"],
  });
});

Deno.test("expandAddress() refuses what cannot be fetched, without repeating it", () => {
  assert.match(refusalOf("https://me:pass@h/a.tar"), /user name or a password/);
  assert.doesNotMatch(refusalOf("https://me:pass@h/a.tar"), /me:pass/);
  assert.match(refusalOf("https://h/*.tar"), /does not list its files/);
  assert.match(
    refusalOf("{https://h/a,b}.tar"),
    /on this machine and on others/,
  );
  assert.match(refusalOf("pipe:curl https://h/a.tar"), /from "pipe:"/);
  assert.match(refusalOf("s3://bucket/a.tar"), /from "s3:"/);
  assert.match(refusalOf("a-{0..200000}.tar"), /more than 100000 shards/);
});

Deno.test("hostOf() and isPrivateWay() tell host, port and who can read a token", () => {
  assert.deepEqual(
    ["https://h/a", "http://h/a", "http://[::1]:8/a"].map(hostOf),
    ["h:443", "h:80", "[::1]:8"],
  );
  assert.deepEqual(
    ["https://h/", "http://127.0.0.1:9/", "http://h/"].map(isPrivateWay),
    [true, true, false],
  );
});

Deno.test("shardPlace() keeps neighbours in one folder and tells queries apart", () => {
  const folder = shardFolder("/r", "https://h/d/a.tar");
  assert.equal(shardFolder("/r", "https://h/d/b.tar?x=1"), folder);
  assert.notEqual(shardFolder("/r", "https://h/e/a.tar"), folder);
  const places = ["", "?x=1", "?x=2"].map((query) =>
    shardPlace("/r", `https://h/d/../d/a.tar${query}`).tar
  );
  assert.equal(new Set(places).size, 3);
  assert.ok(places.every((place) => place.startsWith(`${folder}/a-`)));
});

Deno.test("tokenVariable() takes a name in braces, and maskSecrets() hides what it holds", () => {
  assert.equal(tokenVariable("${HF_TOKEN}"), "HF_TOKEN");
  for (const text of ["HF_TOKEN", "hf_abcdefgh", "${}", "${A}b"]) {
    assert.equal(tokenVariable(text), null, text);
  }
  const mask = maskSecrets({ A: "hf_12345678", B: "" });
  assert.equal(mask("x hf_12345678 y"), "x ${A} y");
});

Deno.test("maskSecrets() hides secrets with blanks, with quotes in JSON, of several lines, and one in another", () => {
  const mask = maskSecrets({
    ...{ A: "correct horse", B: 'a "quoted" one', C: "hf_12345678" },
    ...{ D: "hf_12345678_long", E: "-- first --\nMIIEvQIBADAN\n", F: "short" },
  });
  const table: [string, string][] = [
    ["a correct horse", "a ${A}"],
    [JSON.stringify({ text: 'a "quoted" one' }), '{"text":"${B}"}'],
    ["hf_12345678_long hf_12345678", "${D} ${C}"],
    ["MIIEvQIBADAN", "${E}"],
    [JSON.stringify("-- first --\nMIIEvQIBADAN"), '"${E}\\n${E}"'],
    ["a short one", "a short one"],
  ];
  for (const [line, wanted] of table) assert.equal(mask(line), wanted);
});

Deno.test("findLocalShards() takes a file, a folder and a pattern, sorted", async () => {
  const root = Deno.makeTempDirSync();
  try {
    for (const name of ["b.tar", "a.tar", "c.txt", ".h.tar"]) {
      Deno.writeTextFileSync(join(root, name), "");
    }
    Deno.mkdirSync(join(root, "sub"));
    Deno.writeTextFileSync(join(root, "sub", "a.tar"), "");
    const namesOf = async (pattern: string) => {
      const found = await findLocalShards(join(root, pattern));
      return found.ok
        ? found.paths.map((path) => path.slice(root.length + 1))
        : found.reason;
    };
    assert.deepEqual(await namesOf("c.txt"), ["c.txt"]);
    assert.deepEqual(await namesOf(""), [".h.tar", "a.tar", "b.tar"]);
    assert.deepEqual(await namesOf("?.tar"), ["a.tar", "b.tar"]);
    assert.deepEqual(await namesOf("*/*.tar"), ["sub/a.tar"]);
    assert.equal(await namesOf("x*"), "no file matches it");
    assert.equal(await namesOf("no"), "there is no such file or folder");
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});
