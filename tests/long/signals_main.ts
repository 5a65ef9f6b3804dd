// deno task test:signals: stops a small run in each of its phases by each signal, and prints how long it took to be gone.
import { textTable } from "../../lib/plan/text_table.ts";
import {
  goOn,
  openPhases,
  PHASES,
  STOP_SIGNALS,
  stopIn,
} from "./signal_phases.ts";

await using project = await openPhases();
const calm = JSON.stringify(await goOn(project, "calm"));
const rows = [[
  "phase",
  "signal",
  "exit code",
  "from signal to exit",
  "left running",
  "bytes after going on",
]];
for (const phase of PHASES) {
  for (const [signal, wanted] of Object.entries(STOP_SIGNALS)) {
    const runs = `${rows.length}`;
    const { exitCode, ms, left } = await stopIn(
      project,
      runs,
      phase,
      signal as keyof typeof STOP_SIGNALS,
    );
    const isSame = JSON.stringify(await goOn(project, runs)) === calm;
    rows.push([
      phase.name,
      signal,
      String(exitCode),
      `${Math.round(ms)} ms`,
      String(left.length),
      isSame ? "the same" : "OTHERS",
    ]);
    if (exitCode !== wanted || left.length > 0 || !isSame) Deno.exitCode = 1;
    await Deno.remove(project.path(runs), { recursive: true });
  }
}
console.log(textTable(rows).join("\n"));
