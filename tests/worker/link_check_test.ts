import assert from "node:assert/strict";
import {
  findStrayLinks,
  type GrantedPaths,
  refuseStrayLinks,
} from "../../lib/worker/link_check.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

async function withTree(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  await withTemporaryFolder(async (folder) => {
    await Deno.mkdir(`${folder}/in/deep`, { recursive: true });
    await Deno.mkdir(`${folder}/other`);
    await Deno.writeTextFile(`${folder}/secret`, "s");
    await Deno.writeTextFile(`${folder}/in/file`, "f");
    await body(folder);
  });
}

function reading(...read: string[]): GrantedPaths {
  return { read, write: [] };
}

Deno.test("findStrayLinks() finds links to files, folders and nothing", async () => {
  await withTree(async (folder) => {
    await Deno.symlink("../../secret", `${folder}/in/deep/a`);
    await Deno.symlink(`${folder}/other`, `${folder}/in/b`);
    await Deno.symlink(`${folder}/missing`, `${folder}/in/c`);
    assert.deepEqual(await findStrayLinks(reading(`${folder}/in`)), [
      { link: `${folder}/in/b`, target: `${folder}/other`, only: null },
      { link: `${folder}/in/c`, target: `${folder}/missing`, only: null },
      { link: `${folder}/in/deep/a`, target: `${folder}/secret`, only: null },
    ]);
  });
});

Deno.test("findStrayLinks() accepts links within the grants, also from one to the other, and loops", async () => {
  await withTree(async (folder) => {
    await Deno.symlink("../file", `${folder}/in/deep/a`);
    await Deno.symlink("../other", `${folder}/in/b`);
    await Deno.symlink("..", `${folder}/in/deep/up`);
    const granted = reading(
      ...[`${folder}/in`, `${folder}/other`, `${folder}/in/file`],
    );
    assert.deepEqual(await findStrayLinks(granted), []);
  });
});

Deno.test("findStrayLinks() accepts a granted path that is itself a link, and one that is missing", async () => {
  await withTree(async (folder) => {
    await Deno.symlink(`${folder}/other`, `${folder}/named`);
    const granted = reading(`${folder}/named`, `${folder}/later`);
    assert.deepEqual(await findStrayLinks(granted), []);
    await Deno.symlink("../secret", `${folder}/other/a`);
    assert.equal((await findStrayLinks(granted)).length, 1);
  });
});

Deno.test("findStrayLinks() finds links from what may be written to what may only be read, and back", async () => {
  await withTree(async (folder) => {
    const [inner, other] = [`${folder}/in`, `${folder}/other`];
    await Deno.symlink(`${other}/file`, `${inner}/a`);
    await Deno.symlink(inner, `${other}/b`);
    const found = (read: string[], write: string[]) =>
      findStrayLinks({ read, write });
    assert.deepEqual(await found([other], [inner]), [
      { link: `${inner}/a`, target: `${other}/file`, only: "read" },
      { link: `${other}/b`, target: inner, only: "write" },
    ]);
    // Reading through it is granted, writing is not.
    assert.deepEqual(await found([other, inner], [inner]), [
      { link: `${inner}/a`, target: `${other}/file`, only: "read" },
    ]);
    assert.deepEqual(await found([other, inner], [other, inner]), []);
    await assert.rejects(
      refuseStrayLinks("act", { read: [other, inner], write: [inner] }),
      /in\/a" -> "[^"]*\/other\/file" \(it may only read\)$/,
    );
  });
});

Deno.test("refuseStrayLinks() names step, link and target", async () => {
  await withTree(async (folder) => {
    await Deno.symlink(`${folder}/secret`, `${folder}/in/a`);
    await assert.rejects(refuseStrayLinks("act", reading(`${folder}/in`)), {
      name: "RefusedError",
      message:
        `Cannot start step "act": a link leads out of the folders that it may touch: "${folder}/in/a" -> "${folder}/secret"`,
    });
  });
});
