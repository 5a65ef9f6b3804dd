// The dashboard in a real browser while a run trains, and through a kill of it and its resume.
import assert from "node:assert/strict";
import { serveDashboard } from "../../lib/dashboard/serve.ts";
import { stepPid } from "../cli/cli_process.ts";
import { CrashProject } from "../crash/crash_project.ts";
import { BrowserPage, CHROMIUM } from "../support/chromium.ts";
import { testWith } from "../support/outside_program.ts";

const STEPS = ["{ name: vae, train_vae: true, n_epochs: 12 }"];
/** Points of the first chart that are drawn. */
const UPDATES =
  `Number(/at update (\\d+), lowest/.exec(document.querySelector("svg.chart")?.getAttribute("aria-label"))?.[1] ?? 0)`;

testWith(
  CHROMIUM,
  "the dashboard follows a run in Chromium as it starts, trains, is killed, resumes and ends; what a reader unfolded stays, and a phone holds all",
  async () => {
    await using project = await CrashProject.open(STEPS);
    const runs = project.path("runs");
    await using dashboard = await serveDashboard({
      ...{ runsDir: runs, host: "127.0.0.1", port: 0 },
      ...{ hosts: [], token: "a token of twenty-six signs", pollMs: 100 },
    });
    await using page = await BrowserPage.open();
    await page.look(380, { scheme: "dark" });
    const token = encodeURIComponent("a token of twenty-six signs");
    await page.goTo(`${dashboard.address}?token=${token}`);
    assert.equal(await page.evaluate("location.search"), "");
    assert.match(
      String(await page.evaluate("document.body.innerText")),
      /No run has started/,
    );

    const first = project.start("runs");
    // The list hears of the run, and its link leads to the page.
    await page.until(`document.querySelector(".badge.running") !== null`);
    await page.evaluate(`document.querySelector(".runs a").click()`);
    await page.until(`location.pathname === "/run/crash" && ${UPDATES} > 1`);
    // A section of the configuration: the log is another one after the resume.
    await page.evaluate(
      `[...document.querySelectorAll("details")].find((one) => one.innerText.startsWith("model")).open = true`,
    );
    const seen = Number(await page.evaluate(UPDATES));
    await page.until(`${UPDATES} > ${seen}`);
    assert.equal(
      await page.evaluate(`document.querySelectorAll("details[open]").length`),
      1,
    );

    const step = stepPid(runs, "vae");
    first.kill("SIGKILL");
    if (step !== null) Deno.kill(step, "SIGKILL");
    await first.output();
    const words = `document.querySelector("#verdict .eyebrow").innerText`;
    await page.until(
      `${words}.includes("not finished; the same command continues it")`,
    );

    const second = project.start("runs");
    await page.until(`${words}.includes("finished, 1 step")`);
    assert.equal((await second.output()).code, 0);
    const facts = String(
      await page.evaluate(`document.querySelector(".step .facts").innerText`),
    );
    assert.match(facts, /2 attempts.*resumed at update \d+/);
    assert.equal(
      await page.evaluate(`document.querySelectorAll("details[open]").length`),
      1,
    );
    assert.equal(await page.evaluate(UPDATES), 24);
    const pictures =
      `[...document.querySelectorAll(".strip img:not([hidden])")]`;
    await page.evaluate(`${pictures}.forEach((one) => one.scrollIntoView())`);
    await page.until(
      `${pictures}.length > 0 && ${pictures}.every((one) => one.naturalWidth > 0)`,
    );
    assert.equal(
      await page.evaluate("document.documentElement.scrollWidth"),
      380,
    );
    assert.deepEqual(page.complaints, []);
  },
);
