// What the dashboard answers to whom, without a browser: requests that only read, known names, tokens, and nothing but runs and pictures.
import assert from "node:assert/strict";
import { join } from "node:path";
import { isLoopback } from "../../lib/dashboard/access.ts";
import { dashboardPages } from "../../lib/dashboard/pages.ts";
import { indexStepFolders, storeLayout } from "../../lib/store/store_layout.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { PIXEL, recordRun } from "../report/recorded_run.ts";

const TOKEN = "a token of twenty-six signs";

/** A dashboard of one recorded run; `ask` answers one request. */
async function withPages(
  token: string | null,
  body: (
    ask: (
      path: string,
      request?: RequestInit & { readonly host?: string },
    ) => Promise<Response>,
    runs: string,
  ) => Promise<void>,
): Promise<void> {
  await withTemporaryFolder(async (runs) => {
    await recordRun(runs);
    const ended = new AbortController();
    const { app, index } = await dashboardPages({
      ...{ runsDir: runs, pollMs: 20, port: 8642, token },
      hosts: ["Box.example"],
      ended: ended.signal,
    });
    using _index = index;
    await body(
      async (path, { host = "127.0.0.1:8642", ...request } = {}) => {
        const headers = new Headers(request.headers);
        headers.set("host", host);
        return await app.request(`http://127.0.0.1:8642${path}`, {
          ...request,
          headers,
        });
      },
      runs,
    );
    ended.abort();
  });
}

Deno.test("dashboard lists runs, shows a run with the sections of its report, and its pictures under addresses", async () => {
  await withPages(null, async (ask) => {
    const list = await ask("/?where=seed%3D7&columns=seed");
    assert.equal(list.status, 200);
    const text = await list.text();
    assert.match(text, /<a href="\/run\/made">made<\/a>/);
    assert.match(text, /<td data-name="seed">7<\/td>/);
    assert.match(text, /judge: difference -0\.01/);
    const wrong = await (await ask("/?sort=sed")).text();
    assert.match(
      wrong,
      /Cannot sort runs by &quot;sed&quot;.*did you mean &quot;seed&quot;\?/,
    );
    const page = await (await ask("/run/made")).text();
    assert.match(page, /is better than &quot;off&quot;/);
    assert.match(page, /<svg class="chart"/);
    const address = /src="(\/picture\/[^"]+)"/.exec(page)![1]!;
    const picture = await ask(address);
    assert.equal(picture.headers.get("content-type"), "image/png");
    assert.deepEqual(new Uint8Array(await picture.arrayBuffer()), PIXEL);
  });
});

Deno.test("dashboard only reads, and answers under no name that it does not know", async () => {
  await withPages(null, async (ask) => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const { status, headers } = await ask("/", { method });
      assert.deepEqual([method, status, headers.get("allow")], [
        ...[method, 405, "GET, HEAD"],
      ]);
    }
    const head = await ask("/run/made", { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
    // A stream that nobody reads would stay open and take the place of another.
    for (let time = 0; time < 70; time++) {
      assert.equal((await ask("/events", { method: "HEAD" })).status, 200);
    }
    const stream = await ask("/events");
    assert.equal(stream.status, 200);
    await stream.body!.cancel();
    const known = ["localhost:8642", "[::1]:8642", "10.0.0.7", "box.example:1"];
    for (const host of known) {
      assert.equal((await ask("/", { host })).status, 200, host);
    }
    for (const host of ["evil.example", "127.0.0.1.evil.example:8642", ""]) {
      assert.equal((await ask("/", { host })).status, 403, host);
    }
  });
});

Deno.test("isLoopback() takes addresses of this machine alone, not names that begin like one", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"]) {
    assert.ok(isLoopback(host), host);
  }
  for (const host of ["0.0.0.0", "127.0.0.1.evil.example", "10.0.0.7", "::"]) {
    assert.ok(!isLoopback(host), host);
  }
});

Deno.test("dashboard tells browsers to run its own scripts alone, to frame it nowhere and to keep nothing", async () => {
  await withPages(null, async (ask) => {
    for (const path of ["/", "/run/made", "/nothing"]) {
      const answer = await ask(path);
      const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/
        .exec(await answer.text())![1]!;
      assert.match(
        policy,
        /^default-src &#39;none&#39;; style-src &#39;sha256-/,
      );
      assert.doesNotMatch(policy, /unsafe|\*/);
      const { headers } = answer;
      assert.match(
        headers.get("content-security-policy")!,
        /frame-ancestors 'none'/,
      );
      assert.equal(headers.get("cache-control"), "no-store");
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
      assert.equal(headers.get("referrer-policy"), "no-referrer");
    }
  });
});

Deno.test("dashboard with a token takes it once, keeps a cookie of its own, and shows nothing without", async () => {
  await withPages(TOKEN, async (ask) => {
    for (
      const path of ["/", "/run/made", "/events", "/nothing", "/favicon.ico"]
    ) {
      assert.equal((await ask(path)).status, 401, path);
    }
    assert.equal((await ask("/?token=another")).status, 401);
    const first = await ask(
      `/run/made?token=${encodeURIComponent(TOKEN)}&x=1`,
    );
    assert.deepEqual(
      [first.status, first.headers.get("location")],
      [303, "/run/made?x=1"],
    );
    const cookie = first.headers.get("set-cookie")!;
    assert.match(
      cookie,
      /^fluxline_8642=[\w-]+; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    assert.ok(
      !cookie.includes(encodeURIComponent(TOKEN)) && !cookie.includes(TOKEN),
    );
    const kept = { headers: { cookie: cookie.split(";")[0]! } };
    assert.equal((await ask("/run/made", kept)).status, 200);
    const bearer = { headers: { authorization: `Bearer ${TOKEN}` } };
    assert.equal((await ask("/", bearer)).status, 200);
    const forged = { headers: { cookie: `fluxline_8642=${TOKEN}` } };
    assert.equal((await ask("/", forged)).status, 401);
  });
});

Deno.test("dashboard serves pictures of steps and nothing else of the disk", async () => {
  await withPages(null, async (ask, runs) => {
    const [key, [folder]] = [...indexStepFolders(runs)]
      .find(([, [name]]) => name!.startsWith("on-")) as [string, string[]];
    const place = join(storeLayout(runs).store, folder!);
    await Deno.writeFile(join(runs, "secret.png"), PIXEL);
    await Deno.symlink(
      join(runs, "secret.png"),
      join(place, "samples", "00000099-linked.png"),
    );
    await Deno.writeFile(join(place, "attempts", "own.png"), PIXEL);
    const outside = [
      `/picture/${key}/samples/00000099-linked.png`,
      `/picture/${key}/attempts/own.png`,
      `/picture/${key}/samples/..%2F..%2F..%2Fsecret.png`,
      `/picture/${key}/samples/%2e%2e/%2e%2e/%2e%2e/secret.png`,
      `/picture/${key}/request.json`,
      `/picture/${key}/samples/%E0%A4%A`,
      `/picture/${key}/samples`,
      `/picture/${"0".repeat(16)}/samples/00000020-reconstructions.png`,
      "/run/store",
      "/run/..%2F..%2Fetc",
      "/run/.history",
      "/run/nobody",
      "/run/nobody/events",
    ];
    for (const path of outside) {
      assert.equal((await ask(path)).status, 404, path);
    }
    const inside = `/picture/${key}/samples/00000020-reconstructions.png`;
    assert.equal((await ask(inside)).status, 200);
  });
});

Deno.test("dashboard shows a damaged manifest as words, and its stream says when something changes", async () => {
  await withPages(null, async (ask, runs) => {
    const stream = (await ask("/run/made/events")).body!.getReader();
    const next = async () =>
      /^event: change\ndata: (\w+)/.exec(
        new TextDecoder().decode((await stream.read()).value),
      )![1];
    const before = await next();
    await Deno.writeTextFile(join(runs, "made", "manifest.json"), "{");
    const damaged = await next();
    assert.notEqual(damaged, before);
    const shared = join(runs, "store", "shared.json");
    await Deno.writeTextFile(shared, "{");
    assert.notEqual(await next(), damaged);
    await Deno.remove(shared);
    assert.equal(await next(), damaged);
    await stream.cancel();
    const page = await ask("/run/made");
    assert.equal(page.status, 500);
    assert.match(await page.text(), /found no JSON object/);
    assert.match(await (await ask("/")).text(), /badge damaged/);
  });
});
