import assert from "node:assert/strict";
import { runPage } from "../../lib/report/page.ts";
import { readRunFacts } from "../../lib/report/run_facts.ts";
import { writeReport } from "../../lib/report/write_report.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { manyCells } from "./many_cells.ts";
import { recordRun } from "./recorded_run.ts";

/** The text of the page without its markup. */
function words(page: string): string {
  const main = page.slice(page.indexOf("<main"));
  return main.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
}

Deno.test("runPage() opens with the verdict and shows every part", async () => {
  await withTemporaryFolder(async (runs) => {
    const run = await recordRun(runs);
    const path = await writeReport(runs, run);
    const page = await Deno.readTextFile(path!);
    const text = words(page);
    assert.match(
      text.slice(0, 220),
      /Run made · not finished.*on&quot; is better than &quot;off&quot; in recon_l1.*95 % interval -0.02 to -0.005/,
    );
    for (
      const part of [
        "after on and off", // the graph, in words
        "train · reused",
        "What trained and what was frozen step compressor expander",
        "loss: 1.1 at update 1, 0.1167 at update 60, lowest 0.1167 at update 60",
        "resumed at update 30",
        "learning rate",
        "gradient norm",
        "throughput",
        "memory",
        "Treatment minus control",
        "pipelines/made.yaml:1:7",
        "dataset: content ffffffffffffffff",
        "asked for: read 12; 1 undeclared",
        "/etc/hosts",
        "2.9.6",
      ]
    ) assert.ok(`${text} ${page}`.includes(part), part);
  });
});

Deno.test("runPage() is one file without the network, with a text for every picture", async () => {
  await withTemporaryFolder(async (runs) => {
    const page = await Deno.readTextFile(
      (await writeReport(runs, await recordRun(runs)))!,
    );
    assert.doesNotMatch(page, /(src|href)="(?!data:|#)/);
    assert.match(page, /default-src &#39;none&#39;/);
    const pictures = [...page.matchAll(/<(img|svg)\b[^>]*>/g)];
    assert.ok(pictures.length > 10);
    for (const [tag] of pictures) {
      assert.match(tag, /alt="[^"]{10,}"|role="img" aria-label="[^"]{4,}"/);
    }
  });
});

Deno.test("runPage() shows what a user wrote as text, wherever it comes from", async () => {
  await withTemporaryFolder(async (runs) => {
    const text =
      `"><script>document.title='owned'</script><img src=x onerror=x>`;
    const page = await Deno.readTextFile(
      (await writeReport(
        runs,
        await recordRun(runs, { text: `${text}\u001b[2J` }),
      ))!,
    );
    assert.equal(page.split("<script>").length, 2);
    assert.ok(!page.includes("<img src=x") && !page.includes("\u001b"));
    // Description, log, permission, configuration and origin.
    assert.ok(page.split("&lt;script&gt;").length > 5);
  });
});

Deno.test("runPage() says which record it could not read and shows the rest", async () => {
  await withTemporaryFolder(async (runs) => {
    const run = await recordRun(runs);
    const [arm] = [...Deno.readDirSync(`${runs}/store`)].filter(({ name }) =>
      name.startsWith("off-")
    );
    await Deno.writeTextFile(`${runs}/store/${arm!.name}/metrics.jsonl`, "{\n");
    const page = words(await runPage((await readRunFacts(runs, run))!));
    assert.match(page, /metrics\.jsonl/);
    assert.match(page, /is better than/);
  });
});

Deno.test("readRunFacts() answers null for a run that never started", async () => {
  await withTemporaryFolder(async (runs) => {
    assert.equal(await readRunFacts(runs, "none"), null);
    assert.equal(await writeReport(runs, "none"), null);
  });
});

Deno.test("runPage() keeps 200 cells of 10,000 points under 3 MB, and says what it left out", async () => {
  await withTemporaryFolder(async (runs) => {
    const page = await runPage(await manyCells(runs, 200));
    assert.ok(page.length < 3e6, `${page.length} characters`);
    assert.ok(page.split('class="line').length > 400);
    assert.match(page, /Left out for the size of the page/);
  });
});
