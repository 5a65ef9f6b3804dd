// `fluxline engine doctor`: one training step on each engine that is there; versions, devices, times, and what would help.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import {
  ENGINE_NAMES,
  type EngineName,
} from "../engine_setup/engine_choice.ts";
import {
  ANY_ENGINE,
  candidate,
  engineNameFrom,
  type EngineWish,
} from "../engine_setup/engine_wish.ts";
import { PACKAGE_ROOT } from "../plan/plan.ts";
import { fetchCode } from "../worker/code_fetch.ts";
import {
  trainOnEngine,
  trialEntry,
  type TrialReport,
} from "../worker/engine_probe.ts";
import type { Terminal } from "./terminal.ts";

/** Options of the command, as commander gives them. */
export interface EngineDoctorOptions {
  /** Left out: all of them. */
  readonly engine?: string;
  readonly gpu?: true;
  readonly json?: true;
}

/** What became of one engine. */
type Finding =
  | {
    readonly name: EngineName;
    readonly state: "works";
    readonly report: TrialReport;
  }
  | {
    readonly name: EngineName;
    readonly state: "missing" | "fails";
    readonly reason: string;
    readonly hint: string | null;
  };

/** Tries every engine; the answer is `refused` where one that is there does not work, or --gpu finds none. */
export async function engineDoctorCommand(
  options: EngineDoctorOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const wish: EngineWish = {
    ...ANY_ENGINE,
    device: options.gpu === true ? "gpu" : null,
  };
  const named = engineNameFrom(options.engine ?? "auto");
  const names = named === null ? ENGINE_NAMES : [named];
  await fetchCode(
    [trialEntry(PACKAGE_ROOT)],
    PACKAGE_ROOT,
    new AbortController().signal,
  );
  const findings: Finding[] = [];
  for (const name of names) {
    const finding = await examine(name, wish);
    findings.push(finding);
    if (options.json !== true) terminal.out(findingText(finding));
  }
  if (options.json === true) {
    const { deno, v8 } = Deno.version;
    const { os, arch } = Deno.build;
    const machine = {
      deno,
      v8,
      os,
      arch,
      cores: navigator.hardwareConcurrency,
    };
    terminal.out(JSON.stringify({ machine, engines: findings }, null, 2));
  }
  const isSick = findings.some(({ state }) => state === "fails") ||
    findings.every(({ state }) => state !== "works");
  return isSick ? EXIT_CODE.refused : EXIT_CODE.done;
}

async function examine(name: EngineName, wish: EngineWish): Promise<Finding> {
  const found = candidate(name, { ...wish, name });
  if (found.kind === "missing") {
    const { reason, hint } = found;
    return { name, state: "missing", reason, hint };
  }
  const tried = await trainOnEngine(
    { ...found.choice, device: wish.device },
    PACKAGE_ROOT,
  );
  if (tried.kind === "works") {
    const { kind: _, ...report } = tried;
    return { name, state: "works", report };
  }
  // Files tell of a library; of a GPU only the start itself does.
  const isMissing = name === "webgpu" && tried.isRefused;
  return {
    name,
    state: isMissing ? "missing" : "fails",
    reason: tried.problem,
    hint: tried.hint,
  };
}

function findingText(finding: Finding): string {
  const { name, state } = finding;
  const title = `${name.padEnd(12)}${state.padEnd(9)}`;
  if (state !== "works") {
    const hint = finding.hint === null ? "" : `\n  fix: ${finding.hint}`;
    return `${title}${finding.reason}${hint}`;
  }
  const { numericClass, device, startMs, firstStepMs, stepMs, loss } =
    finding.report;
  return [
    `${title}${numericClass}, on the ${device.toUpperCase()}`,
    `  start ${startMs.toFixed(0)} ms, first training step ${
      firstStepMs.toFixed(0)
    } ms, then ${stepMs.toFixed(0)} ms; loss ${loss.toFixed(6)}`,
  ].join("\n");
}
