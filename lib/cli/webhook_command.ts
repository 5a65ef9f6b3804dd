// `fluxline webhook test`: posts a message to the webhooks of a pipeline, to see whether they arrive.
import { HOOKS } from "../catalog/hook_options.ts";
import { loadPipeline } from "../config/load_pipeline.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { Failure, UsageError } from "../error/failure.ts";
import type { RunEnd } from "../notify/run_end.ts";
import { type Delivery, sendWebhook } from "../notify/send_webhook.ts";
import { PACKAGE_ROOT } from "../plan/plan.ts";
import { renderDiagnostics } from "../source/diagnostic.ts";
import type { Print } from "./plan_command.ts";

/** Options of `webhook test`. */
export interface WebhookTestOptions {
  readonly json?: true;
}

/**
 * Posts to every webhook of the pipeline; the answer is 0 where all arrived.
 *
 * @throws {UsageError} where the pipeline has none
 */
export async function webhookTestCommand(
  file: string,
  options: WebhookTestOptions,
  print: Print,
): Promise<ExitCode> {
  const loaded = await loadPipeline(file, { checkPaths: false });
  if (!loaded.ok) {
    print.err(renderDiagnostics(loaded.diagnostics, { color: print.color }));
    return EXIT_CODE.refused;
  }
  const { name, hooks } = loaded.value;
  const end: RunEnd = {
    text: `A test from the pipeline "${name}"; nothing has ended`,
    ...{ run: name, pipeline: file, outcome: "test", exitCode: 0 },
    ...{ elapsedSeconds: 0, report: null, steps: [], failure: null },
  };
  const results: (Delivery & { readonly hook: string })[] = [];
  for (const hook of HOOKS) {
    const entry = hooks?.[hook];
    if (entry === null || entry === undefined || entry.url === null) continue;
    const { url } = entry;
    results.push({ hook, ...await deliver({ ...entry, url }, end) });
  }
  if (results.length === 0) {
    throw new UsageError(`Cannot test "${file}": it has no webhook`, {
      hint: "Give on_success or on_failure a url",
    });
  }
  if (options.json === true) print.out(JSON.stringify(results, null, 2));
  else for (const result of results) print.out(described(result));
  return results.every(({ kind }) => kind === "delivered")
    ? EXIT_CODE.done
    : EXIT_CODE.refused;
}

async function deliver(
  hook: Parameters<typeof sendWebhook>[0],
  end: RunEnd,
): Promise<Delivery> {
  try {
    return await sendWebhook(hook, end, PACKAGE_ROOT);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { url } = hook;
    return { kind: "failed", url, reason: error.message, attempts: 0 };
  }
}

function described(result: Delivery & { readonly hook: string }): string {
  const start = `${result.hook}: ${result.url}`;
  return result.kind === "delivered"
    ? `${start} took it with ${result.status}`
    : `${start} was not reached: ${result.reason}`;
}
