// What a figure of time has to be read with: the machine, what else it does, and what the start of a process costs there.
import { performance } from "node:perf_hooks";

const BARE_STARTS = 5;
/** Ticks of the processor's clock a second, in which /proc counts; the same on all Linux of these days. */
const TICKS_PER_SECOND = 100;

/** Milliseconds of processor time of all processes that this one has started and that have ended; null where the system does not tell. */
export function endedProcessesMs(): number | null {
  try {
    const text = Deno.readTextFileSync("/proc/self/stat");
    // The name of the program may hold blanks; the fields behind it start with the third.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[13]) + Number(fields[14]);
    return ticks * 1000 / TICKS_PER_SECOND;
  } catch {
    return null;
  }
}

/** One sentence about the machine as it is now. */
export async function describeMachine(): Promise<string> {
  const [load = 0] = Deno.loadavg();
  const cpuBefore = endedProcessesMs();
  const start = performance.now();
  for (let count = 0; count < BARE_STARTS; count++) {
    await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-lock", "Deno.exit(0)"],
    }).output();
  }
  const ms = (performance.now() - start) / BARE_STARTS;
  const cpuMs = perUnit(cpuBefore, endedProcessesMs(), BARE_STARTS);
  return `machine: ${navigator.hardwareConcurrency} cores, load ${
    load.toFixed(1)
  }; a Deno process that does nothing takes ${ms.toFixed(0)} ms${cpuMs}`;
}

/** Words for the processor time of one of `count` things; none where it is not known. */
export function perUnit(
  before: number | null,
  after: number | null,
  count: number,
): string {
  return before === null || after === null
    ? ""
    : `, ${((after - before) / count).toFixed(0)} ms of processor time`;
}
