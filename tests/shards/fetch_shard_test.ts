// Shards fetched from a real server on loopback: cuts, refusals, redirects, changes, and two who fetch at once.
import assert from "node:assert/strict";
import { Failure, RefusedError, StepFailure } from "../../lib/error/failure.ts";
import {
  type FetchAllOptions,
  fetchShards,
} from "../../lib/shards/fetch_shards.ts";
import { lookUpKept } from "../../lib/shards/kept_shard.ts";
import { shardPlace } from "../../lib/shards/shard_place.ts";
import { type ShardServer, startShardServer } from "./shard_server.ts";

const TOKEN = "hf_0123456789";

interface Scene {
  readonly server: ShardServer;
  readonly url: string;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly logs: string[];
  readonly options: FetchAllOptions;
  fetch(more?: Partial<FetchAllOptions>): Promise<Uint8Array>;
}

/** A server with one file of 300,000 bytes, and a folder for shards. */
async function withServer(act: (scene: Scene) => Promise<void>): Promise<void> {
  await using server = startShardServer();
  const root = Deno.makeTempDirSync();
  try {
    const content = new Uint8Array(300_000);
    content.forEach((_, at) => content[at] = (at * 7919) >> 3);
    server.files.set("/d/a.tar", content);
    const logs: string[] = [];
    const options: FetchAllOptions = {
      root,
      token: null,
      retries: 2,
      retryDelayMs: 5,
      idleMs: 2000,
      signal: new AbortController().signal,
      progress: () => {},
      log: (text) => logs.push(text),
    };
    const url = `${server.origin}/d/a.tar`;
    const fetch = async (more: Partial<FetchAllOptions> = {}) => {
      const [kept] = await fetchShards([url], { ...options, ...more });
      return Deno.readFileSync(kept!.path);
    };
    await act({ server, url, content, logs, options, fetch });
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

async function failureOf(act: Promise<unknown>): Promise<Failure> {
  try {
    await act;
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return error;
  }
  throw new Error("Nothing failed");
}

Deno.test("fetchShards() fetches once, and a second call asks the server nothing", async () => {
  await withServer(async ({ server, url, content, options, fetch }) => {
    assert.deepEqual(await fetch(), content);
    assert.deepEqual(await fetch(), content);
    assert.equal(server.seen.length, 1);
    const { folder } = shardPlace(options.root, url);
    const names = [...Deno.readDirSync(folder)].map(({ name }) =>
      name.replace(/-[0-9a-f]{16}/, "")
    );
    assert.deepEqual(names.sort(), ["a.json", "a.lock", "a.tar"]);
  });
});

Deno.test("fetchShards() goes on behind a cut with Range and If-Range", async () => {
  await withServer(async ({ server, content, logs, fetch }) => {
    server.oddity = (_, count) =>
      count < 3 ? { kind: "cut", bytes: 70_000 } : undefined;
    assert.deepEqual(await fetch(), content);
    // More cuts than tries: each brought something new.
    assert.deepEqual(server.seen.map(({ range }) => range), [
      null,
      "bytes=70000-",
      "bytes=140000-",
      "bytes=210000-",
    ]);
    assert.match(logs.join("\n"), /tries again in 0\.005 s/);
  });
});

Deno.test("fetchShards() keeps what came for the next run, and starts over where the file has changed", async () => {
  await withServer(async ({ server, content, fetch }) => {
    server.oddity = () => ({ kind: "cut", bytes: 100_000 });
    const error = await failureOf(fetch({ retries: 0 }));
    assert.ok(error instanceof StepFailure);
    server.oddity = () => undefined;
    assert.deepEqual(await fetch(), content);
    assert.match(server.seen.at(-1)!.range ?? "", /^bytes=\d+-$/);
  });
  await withServer(async ({ server, content, fetch }) => {
    server.oddity = (_, count) =>
      count === 0 ? { kind: "cut", bytes: 100_000 } : undefined;
    const changed = content.map((byte) => byte ^ 1);
    const fetching = fetch({
      log: () => server.files.set("/d/a.tar", changed),
    });
    assert.deepEqual(await fetching, changed);
  });
});

Deno.test("fetchShards() starts over where the server names no version, and gives up in the end", async () => {
  await withServer(async ({ server, content, fetch }) => {
    server.hasTags = false;
    server.oddity = () => ({ kind: "cut", bytes: 100_000 });
    const error = await failureOf(fetch());
    assert.match(
      error.message,
      /Cannot fetch shard ".*a\.tar": the connection/,
    );
    assert.match(error.hint ?? "", /goes on where this one stopped/);
    assert.deepEqual(server.seen.map(({ range }) => range), [
      null,
      null,
      null,
    ]);
    server.oddity = () => undefined;
    assert.deepEqual(await fetch(), content);
  });
});

Deno.test("fetchShards() tries again after 503 and after silence", async () => {
  await withServer(async ({ server, content, logs, fetch }) => {
    server.oddity = (_, count) =>
      count === 0
        ? { kind: "status", status: 503 }
        : count === 1
        ? { kind: "hang", bytes: 10 }
        : undefined;
    assert.deepEqual(await fetch({ idleMs: 300 }), content);
    assert.match(logs.join("\n"), /the server answered 503/);
    assert.match(logs.join("\n"), /the server said nothing for 0\.3 s/);
  });
});

Deno.test("fetchShards() names what is missing, and asks for a token only where the server does", async () => {
  await withServer(async ({ server, url, content, options, fetch }) => {
    const missing = await failureOf(
      fetchShards([`${server.origin}/d/b.tar`], options),
    );
    assert.ok(missing instanceof RefusedError);
    assert.match(missing.message, /b\.tar": there is no such shard .*404/);
    const name = "HF_TOKEN";
    server.token = TOKEN;
    const none = await failureOf(fetch());
    assert.match(none.message, /answered 401: it wants a token/);
    assert.match(none.hint ?? "", /webdataset_token: \$\{HF_TOKEN\}/);
    const unset = await failureOf(fetch({ token: { name, value: null } }));
    assert.match(unset.message, /environment variable HF_TOKEN is not set/);
    const wrong = await failureOf(
      fetch({ token: { name, value: "hf_another_one" } }),
    );
    assert.match(wrong.message, /answered 401 to the token in HF_TOKEN/);
    assert.doesNotMatch(`${wrong.message}${wrong.hint}`, /hf_another/);
    assert.deepEqual(await fetch({ token: { name, value: TOKEN } }), content);
    assert.ok(
      server.seen.every(({ path }) =>
        url.includes(path) || path === "/d/b.tar"
      ),
    );
  });
});

Deno.test("fetchShards() follows a redirect without the token where the origin is another", async () => {
  await using other = startShardServer();
  await withServer(async ({ server, content, options, fetch }) => {
    other.files.set("/far.tar", content);
    server.token = TOKEN;
    server.oddity = () => ({
      kind: "redirect",
      to: `${other.origin}/far.tar`,
    });
    const token = { name: "HF_TOKEN", value: TOKEN };
    assert.deepEqual(await fetch({ token }), content);
    assert.equal(server.seen[0]!.authorization, `Bearer ${TOKEN}`);
    assert.deepEqual(other.seen.map((one) => one.authorization), [null]);
    other.token = TOKEN;
    Deno.removeSync(options.root, { recursive: true });
    const refused = await failureOf(fetch({ token }));
    assert.match(refused.message, /401 behind a redirect, where no token is/);
    server.files.set("/d/b.tar", content);
    server.oddity = (path) =>
      path === "/d/a.tar" ? { kind: "redirect", to: "b.tar" } : undefined;
    assert.deepEqual(await fetch({ token }), content);
    assert.equal(server.seen.at(-1)!.authorization, `Bearer ${TOKEN}`);
  });
});

Deno.test("fetchShards() lets one of two fetch while the other waits", async () => {
  await withServer(async ({ server, content, fetch }) => {
    const both = await Promise.all([fetch(), fetch()]);
    assert.deepEqual(both, [content, content]);
    assert.equal(server.seen.length, 1);
  });
});

Deno.test("fetchShards() fetches a kept shard again that is damaged", async () => {
  await withServer(async ({ server, url, content, logs, options, fetch }) => {
    await fetch();
    const { tar } = shardPlace(options.root, url);
    const file = Deno.readFileSync(tar);
    file[1000]! ^= 1;
    Deno.writeFileSync(tar, file);
    Deno.utimeSync(tar, 1, 1);
    assert.deepEqual(await fetch(), content);
    assert.match(logs.join("\n"), /fetched again: its file has other content/);
    assert.equal(server.seen.length, 2);
  });
});

Deno.test("fetchShards() hashes a kept shard whose time alone has changed, once", async () => {
  await withServer(async ({ server, url, content, options, fetch }) => {
    await fetch();
    const place = shardPlace(options.root, url);
    Deno.utimeSync(place.tar, 1, 1);
    const record = Deno.readTextFileSync(place.record);
    const planned = await lookUpKept(url, place);
    assert.equal(planned.kind, "whole");
    assert.equal(Deno.readTextFileSync(place.record), record);
    assert.deepEqual(await fetch(), content);
    assert.equal(server.seen.length, 1);
    // Nobody hashes it now, so that other content of the same time and size would pass.
    Deno.writeFileSync(place.tar, content.map((byte) => byte ^ 1));
    Deno.utimeSync(place.tar, 1, 1);
    assert.equal((await lookUpKept(url, place)).kind, "whole");
  });
});

Deno.test("fetchShards() tells the bytes of all shards together", async () => {
  await withServer(async ({ server, content, options }) => {
    server.files.set("/d/b.tar", content.slice(0, 100_000));
    const urls = ["a", "b"].map((name) => `${server.origin}/d/${name}.tar`);
    const told: (readonly [number, number])[] = [];
    const progress = (done: number, total: number) => {
      told.push([done, total]);
    };
    await fetchShards(urls, { ...options, progress });
    assert.deepEqual(told.at(-1), [400_000, 400_000]);
    const done = told.map(([bytes]) => bytes);
    assert.deepEqual(done, done.toSorted((a, b) => a - b));
  });
});

Deno.test("fetchShards() ends at the signal and keeps what came", async () => {
  await withServer(async ({ server, content, fetch }) => {
    server.oddity = () => ({ kind: "hang", bytes: 100_000 });
    const stop = new AbortController();
    const reason = new Error("stop");
    const progress = (done: number) => {
      if (done === 100_000) stop.abort(reason);
    };
    await assert.rejects(fetch({ signal: stop.signal, progress }), reason);
    server.oddity = () => undefined;
    assert.deepEqual(await fetch(), content);
    assert.equal(server.seen.at(-1)!.range, "bytes=100000-");
  });
});
