import assert from "node:assert/strict";
import { join } from "node:path";
import { sha256Hex } from "../../lib/disk/digest.ts";
import { scanImports } from "../../lib/plan/import_scan.ts";
import { moduleGraph } from "../../lib/plan/module_graph.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { writeFiles } from "../store/stored_step.ts";

Deno.test("scanImports() finds every form of import", () => {
  const text = `
    import a, { b } from "./a.ts";
    import type {
      C,
    } from './c.ts';
    import "./effect.js";
    export * from "./all.ts";
    export { d } from "npm:d@1";
    const late = await import("./late.ts");
    const bytes = new URL("./table.json", import.meta.url);
    const computed = await import(\`./\${name}.ts\`);
  `;
  assert.deepEqual(scanImports(text), {
    modules: [
      "./a.ts",
      "./all.ts",
      "./c.ts",
      "./effect.js",
      "./late.ts",
      "npm:d@1",
    ],
    assets: ["./table.json"],
  });
});

Deno.test("moduleGraph() follows local modules, locks packages and leaves fluxline's own code out", async () => {
  await withTemporaryFolder(async (root) => {
    const task =
      `import { defineTask } from "../mod.ts"; import { x } from "./x.ts";
      import { parse } from "yaml"; import { readFile } from "node:fs";
      import icons from "noto/icons.json" with { type: "json" };`;
    await writeFiles(root, {
      "deno.json":
        '{"imports":{"yaml":"npm:yaml@2","noto":"npm:@i/noto@^1.2.0"}}',
      "deno.lock":
        '{"specifiers":{"npm:yaml@2":"2.9.1","npm:@i/noto@^1.2.0":"1.2.9_peer@1.0.0"}}',
      "mod.ts": "",
      "lib/a.ts": "",
      "tasks/t.ts": task,
      "tasks/x.ts":
        'import "./t.ts"; import "../shared.js"; new URL("x.txt", import.meta.url)',
      "tasks/x.txt": "text",
      "shared.js": 'import "./lib/a.ts"; import "npm:other@3/sub.js";',
    });
    const graph = await moduleGraph(join(root, "tasks", "t.ts"), root);
    assert.deepEqual(Object.keys(graph.files).sort(), [
      "../shared.js",
      "t.ts",
      "x.ts",
      "x.txt",
    ]);
    assert.equal(graph.files["t.ts"], sha256Hex(task));
    assert.deepEqual(graph.packages, [
      "npm:@i/noto@1.2.9",
      "npm:other@3",
      "npm:yaml@2.9.1",
    ]);
  });
});

Deno.test("moduleGraph() names a missing module and who imports it", async () => {
  await withTemporaryFolder(async (root) => {
    const entry = join(root, "t.ts");
    await assert.rejects(moduleGraph(entry, root), {
      name: "RefusedError",
      message: `Cannot find module "${entry}"`,
    });
    await writeFiles(root, { "t.ts": 'import "./gone.ts";' });
    await assert.rejects(moduleGraph(entry, root), {
      message: `Cannot find module "${
        join(root, "gone.ts")
      }", imported by "${entry}"`,
    });
  });
});

Deno.test("moduleGraph() refuses the import of a folder", async () => {
  await withTemporaryFolder(async (root) => {
    await writeFiles(root, {
      "task.ts": 'import "./helpers";',
      "helpers/mod.ts": "",
    });
    await assert.rejects(moduleGraph(join(root, "task.ts"), root), {
      name: "RefusedError",
      message: `Cannot read module "${join(root, "helpers")}", imported by "${
        join(root, "task.ts")
      }": it is a folder`,
    });
  });
});
