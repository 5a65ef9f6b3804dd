// What goes to the process that posts a webhook, and what comes back from it.

/** One line of JSON on its standard input. */
export interface WebhookMessage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly attempts: number;
  /** For all attempts together. */
  readonly timeoutMs: number;
}

/** One line of JSON on its standard output. */
export type WebhookAnswer =
  | {
    readonly kind: "delivered";
    readonly status: number;
    readonly attempts: number;
  }
  | {
    readonly kind: "failed";
    readonly reason: string;
    readonly attempts: number;
  };
