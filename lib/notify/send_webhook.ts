// Posts a webhook through a process of its own, whose only permission is the one host. Secrets go over its standard input.
import { join } from "node:path";
import type { HookEntry } from "../catalog/hook_options.ts";
import { secondsOf } from "../clock/duration.ts";
import { isRecord } from "../json/record.ts";
import { configFlags } from "../worker/code_fetch.ts";
import { lastLine } from "../worker/last_line.ts";
import { runBounded } from "./bounded_process.ts";
import type { RunEnd } from "./run_end.ts";
import { SecretTexts } from "./secret_text.ts";
import type { WebhookAnswer, WebhookMessage } from "./webhook_message.ts";

/** The process ends itself in time; this much later it is ended. */
const SLACK_MS = 5000;

/** What became of a webhook; texts carry no secret. */
export type Delivery = WebhookAnswer & {
  /** The address as it is written in the pipeline. */
  readonly url: string;
};

/**
 * Posts `end` to the hook's address.
 *
 * @throws RefusedError where a secret is missing, or the address is none
 */
export async function sendWebhook(
  hook: HookEntry & { readonly url: string },
  end: RunEnd,
  packageRoot: string,
): Promise<Delivery> {
  const secrets = new SecretTexts();
  const failed = (reason: string, attempts = 0): Delivery => ({
    ...{ kind: "failed", url: hook.url, attempts },
    reason: secrets.mask(reason),
  });
  const url = URL.parse(secrets.fill(hook.url));
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return failed("it is no address that begins with https:// or http://");
  }
  const timeoutMs = secondsOf(hook.timeout) * 1000;
  const message: WebhookMessage = {
    url: url.href,
    headers: Object.fromEntries(
      Object.entries(hook.headers).map((
        [name, value],
      ) => [name, secrets.fill(value)]),
    ),
    body: JSON.stringify(end),
    ...{ attempts: hook.attempts, timeoutMs },
  };
  const port = url.port === ""
    ? url.protocol === "https:" ? "443" : "80"
    : url.port;
  const { code, out, err } = await runBounded(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--cached-only", "--no-remote"],
      ...configFlags(packageRoot),
      `--allow-net=${url.hostname}:${port}`,
      join(packageRoot, "lib/notify/webhook_main.ts"),
    ],
    input: JSON.stringify(message),
    timeoutMs: timeoutMs + SLACK_MS,
    env: { NO_COLOR: "1" },
  });
  const answer = answerIn(out);
  if (answer === null) {
    const said = lastLine(err);
    return failed(said === "" ? `its process ended with ${code}` : said);
  }
  return answer.kind === "failed"
    ? failed(answer.reason, answer.attempts)
    : { ...answer, url: hook.url };
}

function answerIn(text: string): WebhookAnswer | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value as unknown as WebhookAnswer : null;
  } catch {
    return null;
  }
}
