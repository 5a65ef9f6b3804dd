// One webhook: a POST that is tried again where trying again can help.
import type { WebhookAnswer, WebhookMessage } from "./webhook_message.ts";

/** Answers that a later attempt may change. */
const PASSING = [408, 425, 429];
const FIRST_PAUSE_MS = 1000;

/** Posts the message. Never throws for what the network or the server does; `sleep` waits that many milliseconds. */
export async function postWebhook(
  message: WebhookMessage,
  sleep: (ms: number) => Promise<void>,
): Promise<WebhookAnswer> {
  const deadline = performance.now() + message.timeoutMs;
  let pauseMs = FIRST_PAUSE_MS;
  for (let attempt = 1;; attempt++) {
    const said = await postOnce(message, deadline - performance.now());
    if (said.kind === "delivered") return { ...said, attempts: attempt };
    const waitMs = Math.max(pauseMs, said.waitMs);
    const isLate = performance.now() + waitMs >= deadline;
    if (!said.mayPass || attempt >= message.attempts || isLate) {
      return { kind: "failed", reason: said.reason, attempts: attempt };
    }
    await sleep(waitMs);
    pauseMs *= 2;
  }
}

type Said =
  | { readonly kind: "delivered"; readonly status: number }
  | {
    readonly kind: "failed";
    readonly reason: string;
    readonly mayPass: boolean;
    /** What the server asks for. */
    readonly waitMs: number;
  };

async function postOnce(
  { url, headers, body }: WebhookMessage,
  leftMs: number,
): Promise<Said> {
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(leftMs)));
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      // Another host would need a permission of its own, and would get the secrets.
      redirect: "manual",
      signal,
    });
    await answer.body?.cancel();
    const { status } = answer;
    if (answer.ok) return { kind: "delivered", status };
    const seconds = Number(answer.headers.get("retry-after") ?? 0);
    return {
      kind: "failed",
      reason: status >= 300 && status < 400
        ? `it answered ${status}: redirects are not followed`
        : `it answered ${status}`,
      mayPass: status >= 500 || PASSING.includes(status),
      waitMs: Number.isFinite(seconds) ? seconds * 1000 : 0,
    };
  } catch (error) {
    const isSlow = signal.aborted;
    const why = error instanceof Error ? error.message : String(error);
    return {
      kind: "failed",
      reason: isSlow ? "it did not answer in time" : why,
      mayPass: !isSlow,
      waitMs: 0,
    };
  }
}
