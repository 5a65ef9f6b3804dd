// The page in a real browser: what runs, what fits, what can be read, and how long it takes to open.
import assert from "node:assert/strict";
import { runPage } from "../../lib/report/page.ts";
import { writeReport } from "../../lib/report/write_report.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { BrowserPage, CHROMIUM } from "../support/chromium.ts";
import { testWith } from "../support/outside_program.ts";
import { manyCells } from "./many_cells.ts";
import { recordRun } from "./recorded_run.ts";

/** Least contrast of text against what lies behind it (WCAG 2.1, AA). */
const CONTRAST = `(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const rect = at.classList?.contains("node") ? at.querySelector("rect") : null;
      const color = rect ? getComputedStyle(rect).fill : getComputedStyle(at).backgroundColor;
      if (color !== "rgba(0, 0, 0, 0)") return rgb(color);
    }
  };
  let least = 99;
  for (const element of document.querySelectorAll("main *, nav a")) {
    const own = [...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim() !== "");
    if (!own || element.closest("style, title, script")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgb(element instanceof SVGElement ? style.fill : style.color)), light(behind(element))];
    least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return least;
})()`;

/** The page hears of another medium a moment after it was asked for. */
async function becomes(
  page: BrowserPage,
  expression: string,
  wanted: unknown,
): Promise<void> {
  for (let look = 0; look < 100; look++) {
    if (await page.evaluate(expression) === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(await page.evaluate(expression), wanted);
}

testWith(
  CHROMIUM,
  "a report in Chromium: hostile text stays text, a slider takes keys, a phone and paper hold all, colours can be read",
  async () => {
    await withTemporaryFolder(async (runs) => {
      const text =
        `"><script>document.title='owned'</script><img src=x onerror="document.title='owned'">`;
      const path = await writeReport(runs, await recordRun(runs, { text }));
      await using page = await BrowserPage.open();
      await page.look(1200);
      await page.goTo(`file://${path}`);
      assert.equal(await page.evaluate("document.title"), "Run made");
      assert.deepEqual(page.complaints, []);

      await page.evaluate(
        `document.querySelector("input[type=range]").focus()`,
      );
      await page.press("ArrowLeft", 37);
      assert.deepEqual(
        await page.evaluate(`(() => {
        const strip = document.querySelector(".strip");
        return [strip.querySelector("output").textContent, strip.querySelector("input").getAttribute("aria-valuetext"),
          [...strip.querySelectorAll("img")].map((one) => one.hidden)];
      })()`),
        ["update 40", "update 40", [true, false, true]],
      );

      for (const scheme of ["light", "dark"] as const) {
        await page.look(1200, { scheme });
        const contrast = await page.evaluate(CONTRAST) as number;
        assert.ok(contrast >= 4.5, `${scheme}: ${contrast}`);
      }
      await page.look(380);
      assert.equal(
        await page.evaluate("document.documentElement.scrollWidth"),
        380,
      );
      // Whatever is folded away stands on paper.
      await page.look(800, { media: "print" });
      const log =
        `document.querySelector("details pre").checkVisibility({ contentVisibilityAuto: true })`;
      await becomes(page, log, true);
      await page.look(800);
      await becomes(page, log, false);
    });
  },
);

testWith(
  CHROMIUM,
  "a report of 200 cells of 10,000 points opens in Chromium within a second of its own work",
  async () => {
    await withTemporaryFolder(async (runs) => {
      const path = `${runs}/many.html`;
      await Deno.writeTextFile(path, await runPage(await manyCells(runs, 200)));
      await using page = await BrowserPage.open();
      await page.look(1200);
      // Time of the page's own thread, which other work on the machine does not change.
      await page.send("Performance.enable", { timeDomain: "threadTicks" });
      await page.goTo(`file://${path}`);
      await page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))",
      );
      const { metrics } = await page.send("Performance.getMetrics") as {
        metrics: readonly { readonly name: string; readonly value: number }[];
      };
      const seconds = metrics.find(({ name }) =>
        name === "TaskDuration"
      )!.value;
      assert.ok(seconds > 0.01 && seconds < 1, `${seconds} s`);
    });
  },
);
