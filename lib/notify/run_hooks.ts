// Runs the hook that fits a run's end. What goes wrong with it is told, and changes nothing about the run.
import type { HookEntry, RunHooks } from "../catalog/hook_options.ts";
import { secondsOf } from "../clock/duration.ts";
import { lastLine } from "../worker/last_line.ts";
import { printableText } from "../worker/printable_text.ts";
import { runBounded } from "./bounded_process.ts";
import { endVariables, type RunEnd } from "./run_end.ts";
import { sendWebhook } from "./send_webhook.ts";

/** Runs the hook of `end.outcome`, if there is one; answers one sentence per fault. */
export async function runHooks(
  hooks: RunHooks | undefined,
  end: RunEnd,
  packageRoot: string,
): Promise<string[]> {
  const name = end.outcome === "done" ? "on_success" : "on_failure";
  const hook = hooks?.[name] ?? null;
  if (hook === null) return [];
  const faults = await Promise.all([
    fault(`the command of "${name}"`, () => runCommand(hook, end)),
    fault(`the webhook of "${name}"`, () => post(hook, end, packageRoot)),
  ]);
  return faults.filter((one) => one !== null);
}

async function fault(
  what: string,
  act: () => Promise<string | null>,
): Promise<string | null> {
  let reason: string | null;
  try {
    reason = await act();
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  return reason === null ? null : printableText(`Failed: ${what}: ${reason}`);
}

async function runCommand(
  { command, timeout }: HookEntry,
  end: RunEnd,
): Promise<string | null> {
  const [program, ...args] = command ?? [];
  if (program === undefined) return null;
  const { code, isLate, err } = await runBounded(program, {
    ...{ args, env: endVariables(end) },
    timeoutMs: secondsOf(timeout) * 1000,
  });
  if (isLate) return `${program} was ended after ${secondsOf(timeout)} s`;
  if (code === 0) return null;
  const said = lastLine(err);
  return `${program} ended with ${code}${said === "" ? "" : `: ${said}`}`;
}

async function post(
  hook: HookEntry,
  end: RunEnd,
  packageRoot: string,
): Promise<string | null> {
  const { url } = hook;
  if (url === null) return null;
  const delivery = await sendWebhook({ ...hook, url }, end, packageRoot);
  return delivery.kind === "delivered"
    ? null
    : `${url} was not reached: ${delivery.reason} (${delivery.attempts} of ${hook.attempts} attempts)`;
}
