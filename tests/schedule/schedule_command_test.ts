// Schedule commands in processes of their own: overlap with runs by hand, limits, pauses, timers of the system.
import assert from "node:assert/strict";
import {
  ROOT,
  runCli,
  SCRIPTS,
  startCli,
  trainArgs,
  until,
} from "../cli/cli_process.ts";
import { testWith } from "../support/outside_program.ts";
import { ScheduleProject, TICK } from "./schedule_project.ts";

const SLOW = "training.pipeline.steps.act.with={ ticks: 400 }";

/** A schedule of the slow script pipeline that is never due by itself. */
function slow(change: string): string {
  return `schedules:
  - { name: slow, cron: 0 0 1 1 *, pipeline: ${ROOT}/${SCRIPTS}, set: ["${SLOW}"], ${change} }
`;
}

async function stop(child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  await child.output();
}

Deno.test("schedule run-now counts as a run: a second one is skipped with exit code 5, and a run by hand too", async () => {
  await using project = await ScheduleProject.create(slow("overlap: skip"));
  const first = project.start("run-now", "slow");
  await until(
    async () => (await project.history())[0]?.run === "scripts",
    "the first run",
  );
  const second = await project.run("run-now", "slow");
  assert.equal(second.code, 5);
  assert.match(
    second.err,
    /Cannot run schedule "slow" now: the run of the tick of .* was still going on/,
  );
  await stop(first);
  // Whoever trains by hand holds the run's lock.
  const byHand = startCli(trainArgs(project.runs, { ticks: 400 }));
  await until(
    async () =>
      (await Deno.readTextFile(`${project.runs}/scripts.lock`)) !== "",
    "the run by hand",
  );
  await project.write(slow("overlap: skip").replaceAll("slow", "other"));
  const third = await project.run("run-now", "other");
  assert.equal(third.code, 5, third.err);
  assert.match(third.err, /process \d+ .* is running "scripts"/);
  await stop(byHand);
});

Deno.test("schedule run-now replaces a run, which ends with its state saved", async () => {
  await using project = await ScheduleProject.create(
    slow("overlap: replace, max_run_time: 8s"),
  );
  const first = project.start("run-now", "slow");
  await until(
    async () => (await project.history())[0]?.run === "scripts",
    "the first run",
  );
  const second = await project.run("run-now", "slow");
  assert.equal((await first.output()).code, 143);
  const ticks = await project.history();
  assert.match(ticks[0]!.reason!, /^replaced by the tick of/);
  assert.equal(ticks[0]!.state, "finished");
  // The second one is stopped by its own limit.
  assert.equal(second.code, 124);
  assert.equal(ticks[1]!.reason, "ran longer than its max_run_time of 8.0 s");
});

Deno.test("schedule pause writes ticks down as skipped, resume lets them run, tick does what is due", async () => {
  await using project = await ScheduleProject.create(`schedules:
  - { name: often, cron: "* * * * * *", pipeline: ${TICK}, catch_up: none, misfire_window: 1s }
`);
  assert.equal((await project.run("pause", "often")).code, 0);
  const shown = JSON.parse((await project.run("list", "--json")).out);
  assert.equal(shown[0].paused, true);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const tick = await project.run("tick", "often");
  assert.equal(tick.code, 0, tick.err);
  const paused = await project.history();
  assert(paused.length >= 2);
  assert(paused.every(({ reason }) => reason === "the schedule is paused"));
  assert.match(
    (await project.run("resume", "often")).out,
    /"often" is on again/,
  );
  await project.write(
    (await Deno.readTextFile(project.file)).replace(
      "misfire_window: 1s",
      "misfire_window: 1m, overlap: queue",
    ),
  );
  // A timer looks once: something must have become due since the schedule was resumed.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const timer = project.start("tick", "often");
  await until(
    async () =>
      (await project.history()).some(({ state }) => state === "finished"),
    "a tick of the timer",
  );
  await stop(timer);
});

Deno.test("schedule refuses what it cannot do, each with its exit code and a remedy", async () => {
  await using project = await ScheduleProject.create(slow("overlap: skip"));
  const unknown = await project.run("pause", "slo");
  assert.equal(unknown.code, 2);
  assert.match(
    unknown.err,
    /Cannot find schedule "slo", did you mean "slow"\?\nhint: Schedules are slow/,
  );
  const neither = await project.run("export", "--to", project.folder);
  assert.equal(neither.code, 2);
  await project.write(
    slow("overlap: skip").replace("0 0 1 1 *", "'*/5 * * * * *'"),
  );
  const fine = await project.run(
    "export",
    "--crontab",
    "--to",
    `${project.folder}/tab`,
  );
  assert.equal(fine.code, 3);
  assert.match(
    fine.err,
    /its times are less than a minute apart.*\nhint: Use --systemd/,
  );
  await project.write(`schedules:
  - { name: a, cron: 61 0 1 1 *, pipeline: ${TICK} }
  - { name: b, cron: 0 0 1 1 *, time_zone: Europe/Berlni, pipeline: ${TICK} }
  - { name: c, cron: 0 0 1 1 *, pipeline: none.yaml }
  - { name: b, cron: 0 0 1 1 *, pipeline: ${TICK} }
`);
  const refused = await project.run("run");
  assert.equal(refused.code, 3);
  const faults = [
    ["2:22", "invalid value for minute: 61", "Write minute, hour"],
    ["3:44", 'no time zone "Europe/Berlni"', "Write a name"],
    ["4:43", 'cannot read "[^"]*none.yaml"', "Write the path of a"],
    ["5:13", 'Cannot use "b" as the name of a schedule', "Rename one"],
  ] as const;
  for (const [place, message, remedy] of faults) {
    const pattern = new RegExp(
      `${message}[^\\n]*\\n[^]*?schedules.yaml:${place}\\b[^]*?${remedy}`,
    );
    assert.match(refused.err, pattern);
  }
  await project.write(slow("overlap: skip"));
  await Deno.mkdir(`${project.runs}/.schedules`, { recursive: true });
  await Deno.writeTextFile(
    `${project.runs}/.schedules/history.sqlite`,
    "no database at all, but long enough to be read as one".repeat(40),
  );
  const damaged = await project.run("list");
  assert.equal(damaged.code, 6);
  assert.match(damaged.err, /file is not a database\nhint: Move the file away/);
  const nothing = await runCli(["schedule", "list", "--runs", project.runs], {
    cwd: project.folder,
  });
  assert.equal(nothing.code, 2);
  assert.match(
    nothing.err,
    /Cannot find a schedule: there is no "pipelines\/schedules.yaml"/,
  );
});

const TIMES = `schedules:
  - { name: plain, cron: 30 2 * * 1-5, time_zone: Europe/Berlin, pipeline: ${TICK} }
  - { name: either, cron: "15 */6 1,15 JAN-JUN SUN", pipeline: ${TICK} }
  - { name: last, cron: 0 0 L * *, pipeline: ${TICK} }
  - { name: fine, cron: "*/10 * * * * *", pipeline: ${TICK} }
  - { name: rests, cron: 0 0 * * *, pipeline: ${TICK}, enabled: false }
`;

testWith(
  {
    name: "systemd-analyze",
    how: "apt-get install systemd",
    probe: ["systemd-analyze", "--version"],
  },
  "schedule export --systemd writes units that systemd-analyze verifies",
  async () => {
    await using project = await ScheduleProject.create(TIMES);
    const units = `${project.folder}/units`;
    const { code, err } = await project.run(
      "export",
      "--systemd",
      "--to",
      units,
    );
    assert.equal(code, 0, err);
    const names = [...Deno.readDirSync(units)].map(({ name }) => name).sort();
    assert.deepEqual(
      names,
      ["either", "fine", "last", "plain"].flatMap((name) => [
        `fluxline-${name}.service`,
        `fluxline-${name}.timer`,
      ]),
    );
    const calendars = (name: string) =>
      Deno.readTextFileSync(`${units}/fluxline-${name}.timer`).split("\n")
        .filter((line) => line.startsWith("OnCalendar="))
        .map((line) => line.slice("OnCalendar=".length));
    assert.deepEqual(calendars("plain"), [
      "Mon,Tue,Wed,Thu,Fri *-*-* 02:30:00 Europe/Berlin",
      "*-*-* *:00/30:00 Europe/Berlin",
    ]);
    assert.deepEqual(calendars("either"), [
      "*-01,02,03,04,05,06-01,15 00,06,12,18:15:00 UTC",
      "Sun *-01,02,03,04,05,06-* 00,06,12,18:15:00 UTC",
    ]);
    assert.deepEqual(calendars("last"), ["*-*-* *:*:00"]);
    const verified = await new Deno.Command("systemd-analyze", {
      args: [
        "verify",
        "--recursive-errors=no",
        ...names.map((name) => `${units}/${name}`),
      ],
    }).output();
    const said = new TextDecoder().decode(verified.stderr);
    assert.equal(verified.code, 0, said);
    // What it would only warn about must not be there either.
    assert.doesNotMatch(
      said,
      /fluxline-.*(Unknown|Failed|Invalid|not executable)/i,
    );
    const calendar = await new Deno.Command("systemd-analyze", {
      args: [
        "calendar",
        ...names.flatMap((name) =>
          name.endsWith(".timer") ? calendars(name.slice(9, -6)) : []
        ),
      ],
    }).output();
    assert.equal(calendar.code, 0, new TextDecoder().decode(calendar.stderr));
  },
);

testWith(
  {
    name: "crontab",
    how: "apt-get install cron",
    probe: ["sh", "-c", "command -v crontab"],
  },
  "schedule export --crontab writes lines that crontab accepts, and that run the tick",
  async () => {
    await using project = await ScheduleProject.create(
      TIMES.split("\n").filter((line) => !line.includes("fine")).join("\n"),
    );
    const tab = `${project.folder}/tab`;
    const { code, err } = await project.run("export", "--crontab", "--to", tab);
    assert.equal(code, 0, err);
    const checked = await new Deno.Command("crontab", { args: ["-n", tab] })
      .output();
    assert.equal(checked.code, 0, new TextDecoder().decode(checked.stderr));
    const lines = (await Deno.readTextFile(tab)).split("\n");
    const line = lines.find((one) => one.includes("schedule tick plain"))!;
    const command = line.replace("* * * * * ", "").replaceAll("\\%", "%")
      .replace(" >/dev/null", "");
    const ran = await new Deno.Command("sh", { args: ["-c", command] })
      .output();
    assert.equal(ran.code, 0, new TextDecoder().decode(ran.stderr));
    assert.match(
      new TextDecoder().decode(ran.stdout),
      /"plain": nothing is due/,
    );
  },
);
