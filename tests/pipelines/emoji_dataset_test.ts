// The emoji task itself, in this process: what it writes, and what it refuses before it draws.
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { decode } from "fast-png";
import {
  type EmojiOptions,
  task,
} from "../../pipelines/tasks/emoji_dataset.ts";

Deno.test("task() draws pictures with captions, each under one name only", async () => {
  const output = await Deno.makeTempDir();
  try {
    const result = await run(output, { size: 16, heldout: 30, limit: 90 });
    deepStrictEqual(result?.metrics, { train: 60, heldout: 30 });
    const pictures = new Set<string>();
    for (const [side, count] of [["train", 60], ["heldout", 30]] as const) {
      const text = await Deno.readTextFile(join(output, `${side}.tsv`));
      const lines = text.trimEnd().split("\n").map((line) => line.split("\t"));
      strictEqual(lines.length, count);
      for (const [name, caption] of lines) {
        const png = await Deno.readFile(join(output, side, name ?? ""));
        const { width, height, channels, data } = decode(png);
        deepStrictEqual([width, height, channels], [16, 16, 3]);
        ok(data.some((value) => value !== 255), `"${caption}" is blank`);
        pictures.add(data.join());
      }
    }
    strictEqual(pictures.size, 90);
  } finally {
    await Deno.remove(output, { recursive: true });
  }
});

Deno.test("task() names the option that it cannot use", async () => {
  const wrong: readonly [Record<string, unknown>, RegExp][] = [
    [{ sizes: 32 }, /Cannot use option "sizes": wanted one of size, heldout/],
    [{ size: "big" }, /Cannot use option "size": found "big", wanted a whole/],
    [{ heldout: 50, limit: 50 }, /Cannot use option "limit": found 50/],
    [{ background: "white" }, /Cannot use option "background": found "white"/],
    [{ skin_tones: 1 }, /Cannot use option "skin_tones": found 1/],
  ];
  for (const [options, message] of wrong) {
    await rejects(() => run("/nowhere", options), message);
  }
});

async function run(output: string, options: EmojiOptions) {
  return await task({
    ...{ inputs: {}, output, options, seed: 7 },
    log: () => {},
    progress: () => {},
    signal: new AbortController().signal,
  });
}
